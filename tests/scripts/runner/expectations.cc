// SPDX-License-Identifier: Apache-2.0
// What can be asked of card, host and connections.

#include "tests/scripts/runner/expectations.h"

#include <charconv>

namespace millrace::script {
namespace {

using Value = std::expected<std::int64_t, std::string>;

Value number_of(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::unexpected("\"" + text + "\" is not a number");
  }
  return value;
}

std::optional<bool> holds(std::int64_t left, const std::string& op, std::int64_t right) {
  if (op == "==") return left == right;
  if (op == "!=") return left != right;
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  if (op == ">=") return left >= right;
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

struct Scene {
  World& world;
  Sockets& sockets;
  const StateObserver& states;
  const Flows& flows;
};

std::expected<const host::Connection*, std::string> connection_of(Scene& scene,
                                                                  const std::string& fd) {
  const auto number = number_of(fd);
  if (!number) return std::unexpected(number.error());
  return scene.sockets.connection(static_cast<int>(*number));
}

// Values with the name of a descriptor behind: acked 4.
Value value_of_connection(const std::string& name, const host::Connection& connection) {
  if (name == "acked") return connection.bytes_acked();
  if (name == "unacked") return connection.bytes_committed() - connection.bytes_acked();
  if (name == "unread") return connection.readable_bytes();
  if (name == "room") return connection.tx_room();
  if (name == "local_port") return connection.local_port();
  return std::unexpected("there is no value called " + name);
}

// The words before the comparison; `at` is left behind them.
Value value_at(Scene& scene, const std::vector<std::string>& words, std::size_t& at) {
  const std::string& name = words[at++];
  const auto from_card = [](const std::expected<std::uint32_t, std::string>& value) -> Value {
    if (!value) return std::unexpected(value.error());
    return *value;
  };
  if (name == "free_connections") return from_card(scene.world.register_value(name));
  if (name == "now_us") return scene.world.now_us();
  if (at >= words.size()) return std::unexpected("of what: " + name + "?");
  if (name == "counter") return from_card(scene.world.counter(words[at++]));
  if (name == "register") return from_card(scene.world.register_value(words[at++]));
  if (name == "isn") {
    const auto peer = number_of(words[at++]);
    if (!peer) return std::unexpected(peer.error());
    const auto isn = scene.flows.local_isn(static_cast<unsigned>(*peer));
    if (!isn) return std::unexpected("the card has sent no SYN to that peer");
    return *isn;
  }
  if (name == "states") {
    const auto state = state_named(words[at++]);
    if (!state) return std::unexpected("no state is called " + words[at - 1]);
    return static_cast<std::int64_t>(scene.states.count(*state));
  }
  const auto connection = connection_of(scene, words[at++]);
  if (!connection) return std::unexpected(connection.error());
  return value_of_connection(name, **connection);
}

// state 4 ESTABLISHED, report 4 ESTABLISHED
std::optional<std::string> check_state(Scene& scene, const std::vector<std::string>& words) {
  if (words.size() < 4) return "expect " + words[1] + " FD STATE";
  const auto connection = connection_of(scene, words[2]);
  if (!connection) return connection.error();
  const auto wanted = state_named(words.back());
  if (!wanted) return "no state is called " + words.back();
  const host::Connection& c = **connection;
  const State found =
      words[1] == "report" ? c.state() : scene.states.state(c.remote().port, c.local_port());
  if (found == *wanted) return std::nullopt;
  return "expected " + joined(words).substr(7) + ", came " + std::string(state_name(found));
}

}  // namespace

std::optional<std::string> check_expectation(const std::vector<std::string>& words, World& world,
                                             Sockets& sockets, const StateObserver& states,
                                             const Flows& flows) {
  Scene scene{world, sockets, states, flows};
  if (words.size() < 2 || words[0] != "expect") {
    return "\"" + joined(words) + "\": only expect and forget are known";
  }
  if (words[1] == "state" || words[1] == "report") return check_state(scene, words);
  std::size_t at = 1;
  const auto left = value_at(scene, words, at);
  if (!left) return left.error();
  if (at + 2 != words.size()) return "\"" + joined(words) + "\": a comparison is wanted at its end";
  const auto right = number_of(words[at + 1]);
  if (!right) return right.error();
  const auto truth = holds(*left, words[at], *right);
  if (!truth) return "no comparison is written " + words[at];
  if (*truth) return std::nullopt;
  return "expected " + joined(words).substr(7) + ", came " + std::to_string(*left);
}

}  // namespace millrace::script
