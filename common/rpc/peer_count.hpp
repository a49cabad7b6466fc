// SPDX-License-Identifier: Apache-2.0
// How many connections this process has with one address. gRPC owns the sockets and closes them without a
// word, so the descriptor table itself is asked, and the answer is kept for a few connections.
// One thread.
#pragma once

#include <map>
#include <string>

namespace signalbox::rpc {

class PeerCount {
  public:
    // Of the connected sockets numbered below `end`: how many have the same remote address (without its port)
    // as this one, which counts too. A socket without a remote address counts as alone.
    [[nodiscard]] int of_peer(int socket, int end);

  private:
    void look(int end);

    std::map<std::string, int> counts_;  // as of the last look, and what came since
    int asked_ = 0;                      // since then
};

}  // namespace signalbox::rpc
