// SPDX-License-Identifier: Apache-2.0
// millrace pipe: standard input and output over one flow. The end of the input becomes the end of
// what the peer reads, and the other way round; each direction ends for itself.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <vector>

#include "flow/asio/fd_ready.h"
#include "flow/cli/commands.h"
#include "flow/when_all.h"

namespace millrace::flow::cli {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
using Wait = boost::asio::posix::descriptor_base;
using Descriptor = boost::asio::posix::stream_descriptor;

// A standard stream, waited for if it is of a kind that can be; files are always ready.
class Stream {
 public:
  Stream(Session& session, int fd)
      : session_(session), fd_(::dup(fd)), descriptor_(session.asio().context()) {
    struct stat kind{};
    const bool waits = ::fstat(fd_, &kind) == 0 && !S_ISREG(kind.st_mode) && !S_ISBLK(kind.st_mode);
    boost::system::error_code refused;  // /dev/null and the like cannot be waited for either
    if (waits) descriptor_.assign(fd_, refused);
  }
  ~Stream() {
    if (!descriptor_.is_open()) ::close(fd_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Task<Result<void>> ready(Descriptor::wait_type what, OpOptions options) {
    if (!descriptor_.is_open()) co_return Result<void>();
    FdReady wait(session_.loop(), descriptor_, what, options, "wait");
    co_return co_await wait;
  }
  int fd() const { return fd_; }
  // What can be written without blocking once ready: pipe(7) promises PIPE_BUF.
  std::size_t room() const { return descriptor_.is_open() ? PIPE_BUF : SIZE_MAX; }

 private:
  Session& session_;
  int fd_;
  Descriptor descriptor_;
};

struct State {
  Outcome outcome;
  std::stop_source stop;
  void fail(Outcome why) {
    if (outcome.code == ExitCode::kDone) outcome = std::move(why);
    stop.request_stop();
  }
};

Task<void> send(Session& session, AnyFlow& flow, State& state) {
  Stream input(session, STDIN_FILENO);
  OpOptions options;
  options.stop = state.stop.get_token();
  std::vector<std::byte> piece(kPieceBytes);
  for (;;) {
    if (!co_await input.ready(Wait::wait_read, options)) co_return;
    const ssize_t got = ::read(input.fd(), piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) {
      state.fail(Outcome(ExitCode::kFile, "cannot read standard input"));
      co_return;
    }
    if (got == 0) break;
    const ConstBytes bytes(piece.data(), static_cast<std::size_t>(got));
    if (Result<void> written = co_await flow.write(bytes, options); !written) {
      state.fail(Outcome(written.error()));
      co_return;
    }
  }
  co_await flow.shutdown(Direction::kWrite);
}

Task<bool> write_all(Stream& output, ConstBytes bytes) {
  const OpOptions options;
  while (!bytes.empty()) {
    if (!co_await output.ready(Wait::wait_write, options)) co_return false;
    const ssize_t put = ::write(output.fd(), bytes.data(), std::min(bytes.size(), output.room()));
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (put < 0) co_return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  co_return true;
}

Task<void> receive(Session& session, AnyFlow& flow, State& state) {
  Stream output(session, STDOUT_FILENO);
  OpOptions options;
  options.stop = state.stop.get_token();
  for (;;) {
    Result<ReadResult> got = co_await flow.read(options);
    if (!got) {
      state.fail(Outcome(got.error()));
      co_return;
    }
    if (got->eof()) co_return;
    if (!co_await write_all(output, got->data().bytes())) {
      state.fail(Outcome(ExitCode::kFile, "cannot write standard output"));
      co_return;
    }
  }
}

Task<Result<AnyFlow>> open_flow(Session& session, const PipeOptions& options) {
  OpOptions opening;
  opening.stop = session.interrupted();
  if (!options.listen) {
    if (options.connect_timeout_us != kNever) {
      opening.deadline_us = session.loop().in_us(options.connect_timeout_us);
    }
    co_return co_await session.connectors().connect(options.endpoint, opening);
  }
  auto listener = co_await session.listeners().listen(options.endpoint);
  if (!listener) co_return std::unexpected(std::move(listener.error()));
  announce((*listener)->local());
  co_return co_await (*listener)->accept(opening);
}

}  // namespace

Task<Outcome> pipe(Session& session, PipeOptions options) {
  Result<AnyFlow> flow = co_await open_flow(session, options);
  if (!flow) co_return Outcome(flow.error());
  State state;
  {
    // Interrupted: the peer must not take what it has for the whole.
    const std::stop_callback on_stop(session.interrupted(), [&] {
      state.fail(Outcome(ExitCode::kInterrupted, "interrupted"));
      flow->abort();
    });
    co_await when_all(send(session, *flow, state), receive(session, *flow, state));
  }
  if (state.outcome.code != ExitCode::kDone) {
    flow->abort();
    co_await session.loop().sleep_for(10'000);  // lets the reset leave
    co_return state.outcome;
  }
  CloseOptions closing;
  closing.deadline_us = session.loop().in_us(60'000'000);
  const CloseOutcome closed = co_await flow->close(closing);
  if (closed == CloseOutcome::kResetByPeer)
    co_return Outcome(ExitCode::kReset, "reset by the peer");
  if (closed == CloseOutcome::kTimedOut) co_return Outcome(ExitCode::kTimedOut, "close timed out");
  co_return Outcome();
}

}  // namespace millrace::flow::cli
