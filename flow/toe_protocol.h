// SPDX-License-Identifier: Apache-2.0
// "toe://10.0.0.2:80" for a Context: connections and listeners of a card.

#pragma once

#include <memory>

#include "flow/context.h"
#include "flow/toe_flow.h"

namespace millrace::flow {

/// Hosts are IPv4 and IPv6 addresses in numbers; kResolveFailed for anything else. Listening
/// ignores the host: a port is open at all addresses of the card. Loop and runtime must outlive the
/// protocol and its flows.
std::shared_ptr<Protocol> toe_protocol(EventLoop& loop, host::Runtime& runtime,
                                       const ToeBuffers& buffers = {},
                                       const host::ConnectionOptions& connection = {});

}  // namespace millrace::flow
