# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers and tools that every target shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(SIGNALBOX_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, address,undefined or thread")
option(SIGNALBOX_FUZZ "Build the libFuzzer targets (clang only)" OFF)
# Crash tests kill a program at the point that SIGNALBOX_FAILPOINT names; what is shipped has no such code.
set(failpoints ON)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(failpoints OFF)
endif()
option(SIGNALBOX_FAILPOINTS "Compile the named crash points in" ${failpoints})
if(SIGNALBOX_FAILPOINTS)
  add_compile_definitions(SIGNALBOX_FAILPOINTS)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # base_dir makes objects from different checkouts of the same source share one cache entry.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  ${CCACHE_PROGRAM})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_library(signalbox_warnings INTERFACE)
target_compile_options(
  signalbox_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
                               -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(signalbox_warnings INTERFACE -Wno-sign-conversion)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND (CMAKE_BUILD_TYPE STREQUAL "Release" OR SIGNALBOX_SANITIZE MATCHES "address"))
  # g++ 12 at -O3 sees temporaries of aggregates that an exception leaves half made, and texts that overlap in "a" + b
  # (GCC bug 105651), and with the address sanitizer the insides of std::regex; the other builds keep both warnings.
  target_compile_options(signalbox_warnings INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()

add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
add_compile_definitions(_FILE_OFFSET_BITS=64)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
  add_compile_options(-fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

if(SIGNALBOX_SANITIZE)
  add_compile_options(-fsanitize=${SIGNALBOX_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SIGNALBOX_SANITIZE})
  if(SIGNALBOX_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=all)
    add_link_options(-fno-sanitize-recover=all)
  endif()
  if(SIGNALBOX_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
  if(SIGNALBOX_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fno-sanitize=function)
  endif()
endif()

if(SIGNALBOX_FUZZ)
  # Every unit tells libFuzzer which way it went; the library's own assertions find what no sanitizer sees.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
