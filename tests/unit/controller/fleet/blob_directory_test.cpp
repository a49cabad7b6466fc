// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/blob_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/os/temp_directory.hpp"

namespace signalbox::fleet {
namespace {

TEST(BlobDirectory, ReadsFromAnyOffsetAndKnowsWhatIsNotThere) {
    const os::TempDirectory directory = os::TempDirectory::make().value();
    const std::string text = "0123456789";
    const crypto::Digest digest = crypto::sha256(text);
    const std::string folder = directory.file("sha256/" + digest.hex().substr(0, 2));
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/" + digest.hex()) << text;

    BlobDirectory blobs(directory.path());
    const auto blob = blobs.open(digest);
    ASSERT_TRUE(blob.ok()) << blob.error().to_string();
    EXPECT_EQ((*blob)->size(), text.size());
    std::string piece(4, '\0');
    ASSERT_EQ((*blob)->read(8, piece).value(), 2U);
    EXPECT_EQ(piece.substr(0, 2), "89");
    ASSERT_EQ((*blob)->read(1, piece).value(), 4U) << "also after the end was reached";
    EXPECT_EQ(piece, "1234");
    EXPECT_EQ((*blob)->read(10, piece).value(), 0U);

    EXPECT_EQ(blobs.open(crypto::sha256("other")).error().code(), Code::not_found);
}

}  // namespace
}  // namespace signalbox::fleet
