// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/ssh_wire.hpp"

namespace signalbox::cli {
namespace {

Error too_short() {
    return {Code::data_loss, "the ssh-agent's answer ends too early"};
}

}  // namespace

void SshWriter::byte(std::uint8_t value) {
    bytes_.push_back(value);
}

void SshWriter::uint32(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
}

void SshWriter::string(ByteView value) {
    uint32(static_cast<std::uint32_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
}

Result<std::uint8_t> SshReader::byte() {
    if (rest_.empty()) return too_short();
    const std::uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
}

Result<std::uint32_t> SshReader::uint32() {
    if (rest_.size() < 4) return too_short();
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = (value << 8U) | rest_[i];
    rest_ = rest_.subspan(4);
    return value;
}

Result<ByteView> SshReader::string() {
    SB_TRY(const std::uint32_t size, uint32());
    if (rest_.size() < size) return too_short();
    const ByteView value = rest_.first(size);
    rest_ = rest_.subspan(size);
    return value;
}

}  // namespace signalbox::cli
