// SPDX-License-Identifier: Apache-2.0
// "tcp://host:port" and "unix:path" for a Context: the kernel's sockets.

#pragma once

#include <memory>

#include "flow/asio/asio_source.h"
#include "flow/context.h"

namespace millrace::flow {

/// Serves the schemes tcp and unix; see connect_socket() and SocketListener for errors. The source
/// must outlive the protocol and its flows.
std::shared_ptr<Protocol> socket_protocol(AsioSource& source);

}  // namespace millrace::flow
