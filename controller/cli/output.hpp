// SPDX-License-Identifier: Apache-2.0
// Where a command writes. Every write is checked: a full disk or a closed stdout is an error, never silence.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::cli {

class Output {
  public:
    virtual ~Output() = default;
    // Errors: cancelled (the reader of a pipe has gone), resource_exhausted (disk full), failed_precondition
    // (closed, or any other reason).
    virtual Status write(std::string_view text) = 0;
};

// Writes to a file descriptor that it does not own, without a buffer.
class DescriptorOutput final : public Output {
  public:
    DescriptorOutput(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}
    Status write(std::string_view text) override;

  private:
    int descriptor_;
    std::string name_;
};

// Makes sure that descriptors 0 to 2 are taken, so that no file or socket opened later gets a number that
// something writes to. A closed one becomes /dev/null opened the wrong way round: using it is an error.
void reserve_standard_descriptors();

}  // namespace signalbox::cli
