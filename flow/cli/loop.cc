// SPDX-License-Identifier: Apache-2.0
// millrace loop: a server on one simulated card, a client on another, a link between them. What
// scripts/run does where the kernel allows no TAP device.

#include <fmt/core.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "flow/cli/commands.h"
#include "flow/cli/http_client.h"
#include "flow/cli/http_server.h"

namespace millrace::flow::cli {
namespace {

namespace fs = std::filesystem;

// A folder that goes with its owner.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "millrace-loop.XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void write_random(const fs::path& path, std::uint64_t bytes, std::uint64_t seed) {
  std::ofstream file(path, std::ios::binary);
  std::mt19937_64 random(seed);
  for (std::uint64_t i = 0; i < bytes; i += 8) {
    const std::uint64_t word = random();
    file.write(reinterpret_cast<const char*>(&word),
               static_cast<std::streamsize>(std::min<std::uint64_t>(8, bytes - i)));
  }
}

bool equal(const fs::path& a, const fs::path& b) {
  std::ifstream x(a, std::ios::binary);
  std::ifstream y(b, std::ios::binary);
  return x && y &&
         std::equal(std::istreambuf_iterator<char>(x), {}, std::istreambuf_iterator<char>(y),
                    std::istreambuf_iterator<char>());
}

Task<void> serve_all(Session& session, Listener& listener, fs::path root, HttpFigures& figures) {
  const OpOptions forever;
  for (;;) {
    Result<AnyFlow> flow = co_await listener.accept(forever);
    if (!flow) co_return;
    session.loop().spawn(serve_http(std::move(*flow), session.asio(), root, figures));
  }
}

Task<Outcome> transfer(Session& session, Endpoint server, bool upload, fs::path file) {
  const OpOptions unlimited;
  Result<AnyFlow> flow = co_await session.connectors().connect(server, unlimited);
  if (!flow) co_return Outcome(flow.error());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> handle(
      std::fopen(file.c_str(), upload ? "rb" : "wb"), &std::fclose);
  if (!handle) co_return Outcome(ExitCode::kFile, "cannot open " + file.string());
  Url url{.host = server.host, .port = server.port, .target = upload ? "/put.bin" : "/fetch.bin"};
  Outcome outcome;
  if (upload) {
    std::error_code failed;
    const std::uint64_t size = fs::file_size(file, failed);
    outcome = co_await http_put(*flow, session.asio(), url, handle.get(), size, {});
  } else {
    outcome = co_await http_get(*flow, session.asio(), url, handle.get(), {});
  }
  CloseOptions closing;
  closing.deadline_us = session.loop().in_us(5'000'000);
  co_await flow->close(closing);
  co_return outcome;
}

}  // namespace

Task<Outcome> loop(Session& session, LoopOptions options, bool json) {
  const Scratch scratch;
  const fs::path root = scratch.path() / "www";
  std::error_code failed;
  if (scratch.path().empty() || !fs::create_directory(root, failed)) {
    co_return Outcome(ExitCode::kFile, "cannot make a temporary folder");
  }
  write_random(root / "fetch.bin", options.bytes, 1);
  write_random(scratch.path() / "put.bin", options.bytes, 2);
  auto listener = co_await session.listeners().listen(Endpoint::network("toe", "localhost", 80));
  if (!listener) co_return Outcome(listener.error());
  const Endpoint server = (*listener)->local();
  announce(server);
  // Belongs to the session's tasks as well, which may outlast this one.
  static HttpFigures figures;
  session.loop().spawn(serve_all(session, **listener, root, figures));
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t begin_us = session.loop().now_us();
  for (const bool upload : {false, true}) {
    const fs::path file = scratch.path() / (upload ? "put.bin" : "got.bin");
    const fs::path other = root / (upload ? "put.bin" : "fetch.bin");
    Outcome outcome = co_await transfer(session, server, upload, file);
    if (outcome.code != ExitCode::kDone) co_return outcome;
    if (!equal(file, other)) co_return Outcome(ExitCode::kFailed, "the files differ");
    fmt::print(json ? stderr : stdout, "{} {} bytes, equal\n", upload ? "upload" : "fetch ",
               options.bytes);
  }
  const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - begin;
  const auto simulated_ns = 1e3 * static_cast<double>(session.loop().now_us() - begin_us);
  (*listener)->stop();
  co_await session.loop().sleep_for(1'000);
  const CardFigures card = session.card()->figures();
  const double bits = 16.0 * static_cast<double>(options.bytes);
  const double gbps = bits / simulated_ns;
  const double mbps = bits / wall.count();
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"goodput_simulated_gbps", gbps},
                                      {"goodput_wall_mbps", mbps},
                                      {"segments_sent", card.segments_sent},
                                      {"segments_received", card.segments_received},
                                      {"retransmissions", card.retransmissions}}
                           .dump());
  } else {
    fmt::print(
        "goodput: {:.2f} Gbit/s in simulated time (two connections opened and closed included), "
        "{:.1f} Mbit/s in wall time\n"
        "segments: {} received, {} sent; retransmissions: {}\n",
        gbps, mbps, card.segments_received, card.segments_sent, card.retransmissions);
  }
  co_return Outcome();
}

}  // namespace millrace::flow::cli
