// SPDX-License-Identifier: Apache-2.0
// Parses "sim:" URIs and builds the simulations they describe from Verilated cards.

#include "sim/sim_uri.h"

#include <charconv>
#include <utility>

#include "sim/model/card_model.h"

namespace millrace::sim {
namespace {

constexpr std::string_view kScheme = "sim:";

template <typename T>
bool parse_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_probability(std::string_view text, double& value) {
  return parse_number(text, value) && value >= 0 && value <= 1;
}

bool parse_positive(std::string_view text, double& value) {
  return parse_number(text, value) && value > 0;
}

bool apply_memory(SimOptions& options, std::string_view value) {
  const auto model = memory_model(value);
  if (!model) return false;
  options.memory = *model;
  options.memory_name = value;
  return true;
}

bool apply_clock(SimOptions& options, std::string_view value) {
  options.wall_clock = value == "wall";
  return options.wall_clock || value == "virtual";
}

bool apply_delay(SimOptions& options, std::string_view value) {
  double us = 0;
  if (!parse_number(value, us) || us < 0 || us > 60e6) return false;
  options.link.delay_ns = static_cast<std::uint64_t>(us * 1000);
  return true;
}

// False if the value does not fit; `known` tells whether the key exists.
bool apply(SimOptions& options, std::string_view key, std::string_view value, bool& known) {
  known = true;
  if (key == "memory") return apply_memory(options, value);
  if (key == "seed") return parse_number(value, options.seed);
  if (key == "connections") return parse_number(value, options.connections);
  if (key == "tap") return !(options.tap = value).empty();
  if (key == "clock") return apply_clock(options, value);
  if (key == "capture") return !(options.capture = value).empty();
  if (key == "trace") return !(options.trace = value).empty();
  if (key == "rate_gbps") return parse_positive(value, options.link.rate_gbps);
  if (key == "delay_us") return apply_delay(options, value);
  if (key == "loss") return parse_probability(value, options.link.loss);
  if (key == "reorder") return parse_probability(value, options.link.reorder);
  if (key == "duplicate") return parse_probability(value, options.link.duplicate);
  if (key == "corrupt") return parse_probability(value, options.link.corrupt);
  known = false;
  return false;
}

std::string describe(const SimOptions& options, std::uint32_t connections) {
  std::string text = "Verilated card, " + std::to_string(connections) + " connections, memory " +
                     options.memory_name + ", seed " + std::to_string(options.seed);
  if (!options.tap.empty()) text += ", TAP " + options.tap;
  return text;
}

std::expected<int, std::string> add_verilated_card(Simulation& simulation,
                                                   const SimOptions& options, std::uint64_t seed,
                                                   const std::string& trace) {
  auto model = make_verilated_card({seed, trace});
  if (!model->failure().empty()) return std::unexpected(model->failure());
  if (options.connections != 0 && options.connections != model->connections()) {
    return std::unexpected("this program's card has " + std::to_string(model->connections()) +
                           " connections, not " + std::to_string(options.connections) +
                           ": link another model");
  }
  return simulation.add_card(std::move(model), {options.memory, seed});
}

}  // namespace

std::expected<SimOptions, std::string> parse_sim_uri(std::string_view uri) {
  const auto fail = [uri](const std::string& why) {
    return std::unexpected("\"" + std::string(uri) + "\": " + why);
  };
  if (!uri.starts_with(kScheme)) return fail("does not begin with \"sim:\"");
  std::string_view rest = uri.substr(kScheme.size());
  SimOptions options;
  if (rest.empty()) return options;
  if (rest.front() != '?') return fail("after \"sim:\" only ?key=value&... may follow");
  rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find('&'));
    rest.remove_prefix(item.size() < rest.size() ? item.size() + 1 : item.size());
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return fail("\"" + std::string(item) + "\" has no value");
    bool known = false;
    if (apply(options, item.substr(0, equals), item.substr(equals + 1), known)) continue;
    if (!known) return fail("unknown option \"" + std::string(item.substr(0, equals)) + "\"");
    return fail("bad value in \"" + std::string(item) + "\"");
  }
  return options;
}

std::expected<std::unique_ptr<SimDevice>, std::string> open_sim(const SimOptions& options) {
  auto simulation = std::make_shared<Simulation>();
  auto card = add_verilated_card(*simulation, options, options.seed, options.trace);
  if (!card) return std::unexpected(card.error());
  if (options.wall_clock) simulation->use_wall_clock();
  if (!options.tap.empty()) {
    if (auto tap = simulation->add_tap(*card, options.tap); !tap) {
      return std::unexpected(tap.error());
    }
  }
  if (!options.capture.empty()) {
    if (auto capture = simulation->add_capture(*card, options.capture); !capture) {
      return std::unexpected(capture.error());
    }
  }
  const std::uint32_t connections = simulation->card(*card).model().connections();
  return std::make_unique<SimDevice>(std::move(simulation), *card, describe(options, connections));
}

std::expected<std::unique_ptr<SimDevice>, std::string> open_sim(std::string_view uri) {
  const auto options = parse_sim_uri(uri);
  if (!options) return std::unexpected(options.error());
  return open_sim(*options);
}

std::expected<SimPair, std::string> open_sim_pair(const SimOptions& options) {
  if (!options.tap.empty()) return std::unexpected("a pair of cards takes no TAP");
  SimPair pair;
  pair.simulation = std::make_shared<Simulation>();
  for (int i = 0; i < 2; ++i) {
    const std::string trace = i == 0 ? options.trace : "";
    auto card = add_verilated_card(*pair.simulation, options, options.seed * 2 + i, trace);
    if (!card) return std::unexpected(card.error());
    const std::uint32_t connections = pair.simulation->card(i).model().connections();
    pair.devices[i] = std::make_unique<SimDevice>(
        pair.simulation, i, describe(options, connections) + ", end " + std::to_string(i));
  }
  if (options.wall_clock) pair.simulation->use_wall_clock();
  LinkOptions link = options.link;
  link.seed = options.seed;
  pair.link = &pair.simulation->add_link(0, 1, link);
  if (!options.capture.empty()) {
    if (auto capture = pair.simulation->add_capture(0, options.capture); !capture) {
      return std::unexpected(capture.error());
    }
  }
  return pair;
}

}  // namespace millrace::sim
