// SPDX-License-Identifier: Apache-2.0
// The millrace program: reads the command line, opens what the command needs, runs it. docs/cli.md
// describes it.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <optional>

#include "flow/cli/commands.h"
#include "flow/cli/world.h"
#include "host/policy.h"

namespace millrace::flow::cli {
namespace {

struct Chosen {
  CommonOptions common;
  std::string url;
  std::string output;
  std::string scheme = "toe";
  std::string folder = ".";
  std::string at;
  std::string from;
  std::string to;
  std::uint16_t port = 80;
  bool listen = false;
  double connect_timeout = 0;  // seconds; 0: none
  std::string direction = "send";
  double mib = 64;
  std::uint32_t flows = 1;
  WorldCommand world;
};

std::uint64_t microseconds(double seconds) {
  return seconds > 0 ? static_cast<std::uint64_t>(seconds * 1e6) : kNever;
}

void add_policy(CLI::App& command, CommonOptions& options) {
  const auto names = host::profile_names();
  command.add_option("--profile", options.profile, "TCP as another system has it")
      ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())));
  command.add_option("--congestion", options.congestion, "congestion control")
      ->check(CLI::IsMember({"newreno", "cubic", "dctcp"}));
  command.add_option("--set,--policy", options.policy, "REGISTER=VALUE of the policy; repeatable")
      ->allow_extra_args(false);
  command.add_flag("--nagle{false}", options.connection.nodelay,
                   "hold small segments back until all is acknowledged");
  command.add_flag("--keepalive", options.connection.keepalive, "probe idle connections");
  command.add_option("--user-timeout", options.user_timeout,
                     "seconds that data may stay unacknowledged");
}

void add_common(CLI::App& command, CommonOptions& options) {
  command.add_option("--device", options.device, "which card: sim:[?memory=...&seed=...]")
      ->capture_default_str();
  command.add_option("--tap", options.tap, "TAP device that is the simulated card's wire");
  command.add_option("--capture", options.capture, "write the card's wire to this pcapng file");
  command.add_option("--ip", options.ip, "the card's address")->capture_default_str();
  command.add_option("--netmask", options.netmask)->capture_default_str();
  command.add_option("--gateway", options.gateway, "none by default");
  command.add_option("--ip6,--card-ip6", options.ip6, "ADDRESS/PREFIX beside the link-local one");
  command.add_option("--gateway6", options.gateway6, "IPv6 router; none by default");
  command.add_option("--vlan", options.vlan, "802.1Q tag of all frames")
      ->check(CLI::Range(0, 4094));
  command.add_option("--mac", options.mac)->capture_default_str();
  command.add_option("--mss", options.mss, "largest segment in bytes")
      ->check(CLI::Range(64, 8960))
      ->capture_default_str();
  add_policy(command, options);
  command.add_option("--seed", options.seed, "of everything random in a simulation");
  command.add_flag("--json", options.json, "print results as one JSON object");
}

// A name in memory reaches nobody but this process, where only perf has both ends.
Result<Endpoint> endpoint_of(const std::string& text) {
  Result<Endpoint> endpoint = parse_endpoint(text);
  if (endpoint && endpoint->scheme == "mem") {
    return std::unexpected(Error(make_error_code(Errc::kInvalidArgument), "parse",
                                 "only perf, without --listen, has both ends of " + text));
  }
  return endpoint;
}

using Start = std::function<Task<Outcome>(Session&)>;

Outcome with_session(const Chosen& chosen, bool needs_card, bool pair, const Start& start) {
  CommonOptions common = chosen.common;
  if (common.user_timeout > 0) {
    common.connection.user_timeout_us = microseconds(common.user_timeout);
  }
  auto session = pair ? Session::open_pair(common) : Session::open(common, needs_card);
  if (!session) {
    const Outcome outcome(session.error());
    return outcome.code == ExitCode::kUsage ? outcome : Outcome(ExitCode::kCard, outcome.words);
  }
  return (*session)->run(start(**session));
}

Outcome run_serve(const Chosen& chosen) {
  const std::string text = chosen.at.empty() ? "toe://:" + std::to_string(chosen.port) : chosen.at;
  const Result<Endpoint> at = endpoint_of(text);
  if (!at) return Outcome(at.error());
  return with_session(chosen, at->scheme == "toe", false, [&](Session& session) {
    return serve(session, ServeOptions{chosen.folder, *at}, chosen.common.json);
  });
}

Outcome run_get(const Chosen& chosen) {
  return with_session(chosen, chosen.scheme == "toe", false, [&](Session& session) {
    return get(
        session,
        GetOptions{chosen.url, chosen.scheme, chosen.output, microseconds(chosen.connect_timeout)},
        chosen.common.json);
  });
}

Outcome run_pipe(const Chosen& chosen) {
  const Result<Endpoint> at = endpoint_of(chosen.at);
  if (!at) return Outcome(at.error());
  return with_session(chosen, at->scheme == "toe", false, [&](Session& session) {
    return pipe(session, PipeOptions{*at, chosen.listen, microseconds(chosen.connect_timeout)});
  });
}

Outcome run_proxy(const Chosen& chosen) {
  const Result<Endpoint> from = endpoint_of(chosen.from);
  if (!from) return Outcome(from.error());
  const Result<Endpoint> to = endpoint_of(chosen.to);
  if (!to) return Outcome(to.error());
  const bool needs_card = from->scheme == "toe" || to->scheme == "toe";
  return with_session(chosen, needs_card, false,
                      [&](Session& session) { return proxy(session, ProxyOptions{*from, *to}); });
}

Outcome run_perf(const Chosen& chosen) {
  const Result<Endpoint> at = chosen.listen ? endpoint_of(chosen.at) : parse_endpoint(chosen.at);
  if (!at) return Outcome(at.error());
  PerfOptions options;
  options.endpoint = *at;
  options.listen = chosen.listen;
  options.send = chosen.direction != "receive";
  options.receive = chosen.direction != "send";
  options.bytes = static_cast<std::uint64_t>(chosen.mib * 1048576);
  options.flows = chosen.flows;
  return with_session(chosen, at->scheme == "toe", false,
                      [&](Session& session) { return perf(session, options, chosen.common.json); });
}

Outcome run_loop(const Chosen& chosen) {
  const LoopOptions options{static_cast<std::uint64_t>(chosen.mib * 1048576)};
  return with_session(chosen, true, true,
                      [&](Session& session) { return loop(session, options, chosen.common.json); });
}

Outcome run_world_command(const Chosen& chosen) { return run_worlds(chosen.world); }

using Run = Outcome (*)(const Chosen&);

void add_world(CLI::App& program, Chosen& chosen, Run& run) {
  WorldCommand& world = chosen.world;
  CLI::App& command =
      *program.add_subcommand("world", "simulate cards, hosts and a bad network, seed by seed");
  command.callback([&run] { run = run_world_command; });
  command.add_option("--from,--seed", world.from, "the first seed, or the only one")
      ->capture_default_str();
  command.add_option("--seeds", world.seeds, "how many seeds")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--keep-going", world.keep_going, "failures to pass over before stopping")
      ->capture_default_str();
  command.add_flag("--twice", world.twice, "run each seed again: the frames must be the same");
  command.add_flag("--story", world.story, "tell what happens, on standard error");
  command.add_flag("--json", world.json, "print results as one JSON object");
  command.add_option("--capture", world.capture, "write all cards' wires to this pcapng file");
  command.add_option("--trace", world.trace, "write waveforms NAME0.fst, NAME1.fst, ...");
  command.add_option("--capture-on-failure", world.capture_on_failure,
                     "folder for the captures of worlds that fail");
}

// Adds every command; the one that is given sets `run`.
void add_commands(CLI::App& program, Chosen& chosen, Run& run) {
  const auto add = [&](const char* name, const char* what, Run command_run) -> CLI::App& {
    CLI::App& command = *program.add_subcommand(name, what);
    command.callback([&run, command_run] { run = command_run; });
    add_common(command, chosen.common);
    return command;
  };
  CLI::App& serve = add("serve", "HTTP server of a folder: GET, HEAD, PUT", run_serve);
  serve.add_option("folder", chosen.folder)->required();
  serve.add_option("--port", chosen.port)->capture_default_str();
  serve.add_option("--at", chosen.at, "endpoint to listen at, instead of --port on the card");

  CLI::App& get = add("get", "fetch one file by HTTP", run_get);
  get.add_option("url", chosen.url, "http://host[:port]/path")->required();
  get.add_option("-o,--output", chosen.output, "file; standard output by default");
  get.add_option("--via", chosen.scheme, "toe or tcp")
      ->check(CLI::IsMember({"toe", "tcp"}))
      ->capture_default_str();

  CLI::App& pipe = add("pipe", "standard input and output over one flow", run_pipe);
  pipe.add_option("endpoint", chosen.at)->required();
  pipe.add_flag("--listen", chosen.listen, "wait for one flow instead of connecting");
  for (CLI::App* command : {&get, &pipe}) {
    command->add_option("--connect-timeout", chosen.connect_timeout, "seconds");
  }

  CLI::App& proxy = add("proxy", "join flows accepted at FROM to new ones to TO", run_proxy);
  proxy.add_option("from", chosen.from)->required();
  proxy.add_option("to", chosen.to)->required();

  CLI::App& perf = add("perf", "measure flows", run_perf);
  perf.add_option("endpoint", chosen.at)->required();
  perf.add_flag("--listen", chosen.listen, "be the other side");
  perf.add_option("--direction", chosen.direction, "send, receive or both")
      ->check(CLI::IsMember({"send", "receive", "both"}))
      ->capture_default_str();
  perf.add_option("--flows", chosen.flows)->check(CLI::Range(1, 4096))->capture_default_str();

  CLI::App& loop = add("loop", "serve and fetch between two simulated cards", run_loop);
  for (CLI::App* command : {&perf, &loop}) {
    command->add_option("--mib", chosen.mib, "MiB of each flow in each direction")
        ->capture_default_str();
  }
}

int run_program(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App program("TCP flows on an offload engine, real or simulated");
  program.require_subcommand(1);
  Chosen chosen;
  Run run = nullptr;
  add_commands(program, chosen, run);
  add_world(program, chosen, run);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = program.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  const Outcome outcome = run(chosen);
  if (!outcome.words.empty()) fmt::print(stderr, "millrace: {}\n", outcome.words);
  return static_cast<int>(outcome.code);
}

}  // namespace
}  // namespace millrace::flow::cli

int main(int argc, char** argv) { return millrace::flow::cli::run_program(argc, argv); }
