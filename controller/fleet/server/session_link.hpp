// SPDX-License-Identifier: Apache-2.0
// SessionLink: the way to one connected agent; a gRPC stream, or a fake in a test. Domain strand only.
#pragma once

#include "common/base/result.hpp"
#include "signalbox/v1/agent.pb.h"

namespace signalbox::fleet {

class SessionLink {
  public:
    virtual ~SessionLink() = default;
    // False when the link is gone or full (it closes itself then).
    virtual bool send(v1::ControllerMessage message) = 0;
    // Ends the stream with this error; the connection is cut within two seconds whatever the peer does.
    virtual void close(const Error& why) = 0;
};

}  // namespace signalbox::fleet
