// SPDX-License-Identifier: Apache-2.0
// For LD_PRELOAD: a disk that fails when told to, under a real program. While the file $FAILING_DISK.sync
// exists, fsync and fdatasync end with EIO; while $FAILING_DISK.write does, so does pwrite (SQLite's way to
// write).
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace {

bool fails(const char* what) {
    const char* place = std::getenv("FAILING_DISK");
    return place != nullptr && ::access((std::string(place) + what).c_str(), F_OK) == 0;
}

template <class Result, class... Arguments>
Result call(const char* name, Arguments... arguments) {
    const auto real = reinterpret_cast<Result (*)(Arguments...)>(::dlsym(RTLD_NEXT, name));
    return real(arguments...);
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
    if (!fails(".sync")) return call<int>("fsync", descriptor);
    errno = EIO;
    return -1;
}

int fdatasync(int descriptor) {
    if (!fails(".sync")) return call<int>("fdatasync", descriptor);
    errno = EIO;
    return -1;
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t offset) {
    if (!fails(".write")) return call<ssize_t>("pwrite64", descriptor, bytes, count, offset);
    errno = EIO;
    return -1;
}

}  // extern "C"
