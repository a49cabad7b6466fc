// SPDX-License-Identifier: Apache-2.0
#include "controller/app/endpoints.hpp"

#include <unistd.h>

#include "common/json/json.hpp"
#include "common/os/file.hpp"

namespace signalbox::app {

Status write_endpoints(const std::string& path, const Endpoints& endpoints) {
    const json::Json document{{"agent", endpoints.agent},
                              {"operator", endpoints.operator_grpc},
                              {"https", endpoints.https},
                              {"pid", static_cast<std::int64_t>(::getpid())}};
    return os::write_file_atomically(path, json::canonical(document) + "\n");
}

}  // namespace signalbox::app
