// SPDX-License-Identifier: Apache-2.0
// What is left after the controller dies: every commit that returned, whole, and nothing of one that did not.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <thread>

#include "common/os/file.hpp"
#include "common/os/process.hpp"
#include "tests/unit/controller/storage/store_fixture.hpp"

namespace signalbox::storage {
namespace {

namespace fs = std::filesystem;

class CrashTest : public ::testing::Test {
  protected:
    os::TempDirectory directory_ = os::TempDirectory::make().value();
    std::string path_ = directory_.file("store.sqlite3");
};

TEST_F(CrashTest, AKilledProcessLeavesEveryCommitThatItReportedAndOnlyWholeOnes) {
    std::int64_t reported = 0;
    for (int round = 0; round < 6; ++round) {
        auto pipe = os::make_pipe().value();
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            auto storage = Storage::open(path_);
            if (!storage) ::_exit(1);
            for (std::int64_t n = (*storage)->releases().next_counter().value();; ++n) {
                if (!(*storage)->releases().commit(commit_number(n))) ::_exit(2);
                if (::write(pipe.second.get(), &n, sizeof n) != sizeof n) ::_exit(3);
            }
        }
        pipe.second.reset();
        // Killed in the middle of its work: after some reports, a different number in each round.
        const int after = 3 + round * 4;
        for (int i = 0; i < after; ++i)
            ASSERT_EQ(::read(pipe.first.get(), &reported, sizeof reported),
                      static_cast<ssize_t>(sizeof reported));
        for (int spin = 0; spin < round * 3000; ++spin) std::this_thread::yield();
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
        while (::read(pipe.first.get(), &reported, sizeof reported) ==
               static_cast<ssize_t>(sizeof reported)) {
        }
        auto storage = Storage::open(path_);
        ASSERT_TRUE(storage.ok()) << storage.error().to_string();
        const std::int64_t kept = whole_commits(**storage);
        EXPECT_GE(kept, reported) << "a reported commit was lost";
        EXPECT_LE(kept, reported + 1) << "at most the one under way";
    }
}

TEST_F(CrashTest, APowerCutAtAnyPointOfTheLogLeavesAWholePrefix) {
    // The log's length after each commit that returned: what was synced by then.
    std::vector<std::uintmax_t> synced;
    {
        auto storage = Storage::open(path_).value();
        ASSERT_TRUE(storage->checkpoint().ok());
        ASSERT_TRUE(storage->database().execute("PRAGMA wal_autocheckpoint=0").ok());
        for (std::int64_t n = 1; n <= 12; ++n) {
            ASSERT_TRUE(storage->releases().commit(commit_number(n)).ok());
            synced.push_back(fs::file_size(path_ + "-wal"));
        }
        fs::copy_file(path_, directory_.file("base"));
        fs::copy_file(path_ + "-wal", directory_.file("base-wal"));
    }
    const std::string log = os::read_file(directory_.file("base-wal"), 1 << 26).value();
    const std::string cut = directory_.file("cut");
    // Every page frame's beginning, middle, and a torn tail.
    for (std::uintmax_t length = 0; length <= log.size(); length += 1373) {
        fs::remove(cut + "-wal");
        fs::remove(cut + "-shm");
        fs::copy_file(directory_.file("base"), cut, fs::copy_options::overwrite_existing);
        if (length > 0) {
            std::string torn = log.substr(0, length);
            ASSERT_TRUE(os::write_file_atomically(cut + "-wal", torn + std::string(97, '\x5a')).ok());
        }
        auto storage = Storage::open(cut);
        ASSERT_TRUE(storage.ok()) << "cut at " << length << ": " << storage.error().to_string();
        std::int64_t expected = 0;
        for (const auto end : synced) expected += end <= length ? 1 : 0;
        EXPECT_EQ(whole_commits(**storage), expected) << "cut at " << length;
    }
}

}  // namespace
}  // namespace signalbox::storage
