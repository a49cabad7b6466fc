// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/artifact_stage/stage.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "agent/executor/actions/artifact_stage/private_copy.hpp"
#include "agent/executor/actions/artifact_stage/unpack.hpp"
#include "agent/executor/actions/current_link.hpp"
#include "agent/executor/actions/folders.hpp"
#include "common/os/file.hpp"

namespace signalbox::actions {
namespace {

namespace fs = std::filesystem;

// Removes what is not finished, whichever way the step ends.
class Unfinished {
  public:
    explicit Unfinished(std::string path) : path_(std::move(path)) { remove(); }  // of a crash before
    ~Unfinished() { remove(); }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    void remove() noexcept {
        std::error_code ignored;  // gone already, or the next attempt says why it is in the way
        fs::remove_all(path_, ignored);
    }
    std::string path_;
};

Status stage(const ArtifactStage& action, StepContext& context) {
    SB_TRY(const os::UniqueFd artifact,
           copy_verified(context.artifacts.front(), action.sha256, action.size, context.private_folder));
    const std::string releases = releases_folder(context.service_root());
    SB_CHECK(make_open_folder(context.service_root()));
    SB_CHECK(make_open_folder(releases));
    const Unfinished incoming(releases + "/.incoming-" + action.sha256.hex());
    SB_CHECK(make_fresh_open_folder(incoming.path()));
    const auto go_on = [&] { return !context.cancel->load() && context.left() > Duration{}; };
    SB_CHECK(unpack(artifact, action.format, limits_for(action.size), incoming.path(), go_on));
    std::error_code error;
    const std::string final_path = release_folder(context.service_root(), action.sha256);
    fs::rename(incoming.path(), final_path, error);
    if (error)
        return Error(Code::unavailable,
                     fmt::format("moving the release to {}: {}", final_path, error.message()));
    return os::sync_directory(releases);
}

}  // namespace

StepResult perform_body(const ArtifactStage& action, StepContext& context) {
    StepResult result;
    result.after = action.sha256;
    if (fs::is_directory(fs::symlink_status(release_folder(context.service_root(), action.sha256)))) {
        // It got this name by one rename, after all of it was on the disk: it is whole.
        result.code = "nothing_to_do";
        result.detail = "the artifact is staged already";
        return result;
    }
    if (context.artifacts.empty()) return failed("no artifact was passed");
    const auto staged = stage(action, context);
    if (staged) return result;
    result = failed(staged.error());
    if (staged.error().code() == Code::data_loss) result.code = "refused:R_DIGEST";
    if (staged.error().code() == Code::refused) result.code = "refused:R_ARTIFACT";
    if (staged.error().code() == Code::cancelled)
        result.code = context.cancel->load() ? "killed" : "timed_out";
    return result;
}

}  // namespace signalbox::actions
