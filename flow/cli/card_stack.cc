// SPDX-License-Identifier: Apache-2.0
// From options to a running card.

#include "flow/cli/card_stack.h"

#include <charconv>
#include <cstdio>
#include <optional>

#include "flow/cli/policy.h"

namespace millrace::flow::cli {
namespace {

Error open_error(Errc code, std::string detail) {
  return Error(make_error_code(code), "open", std::move(detail));
}

Error open_error(const host::Error& error) { return Error(error.code, "open", error.context); }

Result<std::array<std::uint8_t, 6>> parse_mac(const std::string& text) {
  std::array<unsigned, 6> parts{};
  char rest = 0;
  const int found = std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%c", &parts[0], &parts[1],
                                &parts[2], &parts[3], &parts[4], &parts[5], &rest);
  if (found != 6) {
    return std::unexpected(open_error(Errc::kInvalidArgument, "not a MAC address: " + text));
  }
  std::array<std::uint8_t, 6> mac{};
  for (std::size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<std::uint8_t>(parts[i]);
  return mac;
}

// "2001:db8::2/64" and the router; the second card of a pair has the next address.
std::optional<Error> add_ipv6(const CommonOptions& options, std::uint32_t number,
                              host::CardOptions& card) {
  if (!options.ip6.empty()) {
    const std::size_t slash = options.ip6.find('/');
    const auto ip = host::IpAddress::parse(std::string_view(options.ip6).substr(0, slash));
    const char* const begin =
        options.ip6.data() + (slash == std::string::npos ? options.ip6.size() : slash + 1);
    const char* const end = options.ip6.data() + options.ip6.size();
    const auto [stop, failure] = std::from_chars(begin, end, card.ipv6_prefix);
    if (!ip || ip->is_ipv4() || failure != std::errc() || stop != end) {
      return open_error(Errc::kInvalidArgument, "not an IPv6 ADDRESS/PREFIX: " + options.ip6);
    }
    host::IpAddress::Words words = ip->words();
    words[3] += number;
    card.ipv6 = host::IpAddress::ipv6(words);
  }
  if (!options.gateway6.empty()) {
    const auto gateway = host::IpAddress::parse(options.gateway6);
    if (!gateway) return open_error(gateway.error());
    card.ipv6_gateway = *gateway;
  }
  return std::nullopt;
}

Result<host::CardOptions> card_options(const CommonOptions& options, std::uint32_t number) {
  host::CardOptions card;
  auto mac = parse_mac(options.mac);
  if (!mac) return std::unexpected(mac.error());
  card.mac = *mac;
  card.mac[5] = static_cast<std::uint8_t>(card.mac[5] + number);
  const auto ip = parse_ipv4(options.ip);
  if (!ip) return std::unexpected(ip.error());
  card.ipv4 = *ip + number;
  const auto netmask = parse_ipv4(options.netmask);
  if (!netmask) return std::unexpected(netmask.error());
  card.netmask = *netmask;
  if (!options.gateway.empty()) {
    const auto gateway = parse_ipv4(options.gateway);
    if (!gateway) return std::unexpected(gateway.error());
    card.gateway = *gateway;
  }
  if (auto wrong = add_ipv6(options, number, card)) return std::unexpected(std::move(*wrong));
  card.vlan = options.vlan;
  card.policy.mss = options.mss;
  const auto policy = policy_of(card.policy, {options.profile, options.congestion, options.policy});
  if (!policy) return std::unexpected(policy.error());
  card.policy = *policy;
  if (options.seed != 0) card.seed = options.seed + number;
  return card;
}

Result<sim::SimOptions> sim_options(const CommonOptions& options) {
  if (!options.device.starts_with("sim:")) {
    return std::unexpected(
        open_error(Errc::kNotSupported, "no such kind of device: " + options.device));
  }
  auto parsed = sim::parse_sim_uri(options.device);
  if (!parsed) return std::unexpected(open_error(Errc::kInvalidArgument, parsed.error()));
  if (!options.tap.empty()) parsed->tap = options.tap;
  if (!options.capture.empty()) parsed->capture = options.capture;
  if (options.seed != 0) parsed->seed = options.seed;
  return *parsed;
}

}  // namespace

Result<std::unique_ptr<CardStack>> CardStack::bring_up(std::unique_ptr<sim::SimDevice> device,
                                                       const CommonOptions& options,
                                                       std::uint32_t number, bool common_time) {
  const auto wanted = card_options(options, number);
  if (!wanted) return std::unexpected(wanted.error());
  std::unique_ptr<CardStack> stack(new CardStack);
  stack->device_ = std::move(device);
  auto card = host::Card::open(*stack->device_, *wanted);
  if (!card) return std::unexpected(open_error(card.error()));
  stack->card_ = std::move(*card);
  host::RuntimeOptions runtime_options;
  runtime_options.queue_pair.buffer_bytes = 256UL << 20;  // 1,024 connections of twice 128 KiB
  auto runtime = host::Runtime::open(*stack->card_, runtime_options);
  if (!runtime) return std::unexpected(open_error(runtime.error()));
  stack->runtime_ = std::move(*runtime);
  stack->source_ = std::make_unique<ToeSource>(*stack->runtime_, common_time);
  return stack;
}

Result<std::unique_ptr<CardStack>> CardStack::open(const CommonOptions& options) {
  const auto wanted = sim_options(options);
  if (!wanted) return std::unexpected(wanted.error());
  auto device = sim::open_sim(*wanted);
  if (!device) return std::unexpected(open_error(Errc::kDeviceLost, device.error()));
  return bring_up(std::move(*device), options, 0, false);
}

Result<std::pair<std::unique_ptr<CardStack>, std::unique_ptr<CardStack>>> CardStack::open_pair(
    const CommonOptions& options) {
  const auto wanted = sim_options(options);
  if (!wanted) return std::unexpected(wanted.error());
  auto pair = sim::open_sim_pair(*wanted);
  if (!pair) return std::unexpected(open_error(Errc::kDeviceLost, pair.error()));
  auto first = bring_up(std::move(pair->devices[0]), options, 0, true);
  if (!first) return std::unexpected(first.error());
  auto second = bring_up(std::move(pair->devices[1]), options, 1, true);
  if (!second) return std::unexpected(second.error());
  return std::pair(std::move(*first), std::move(*second));
}

std::uint64_t CardStack::busy_ns() const {
  return device_->card().counters().clocks * sim::kClockNs;
}

CardFigures CardStack::figures() const {
  CardFigures figures{.busy_ns = busy_ns()};
  const auto counters = card_->counters();
  if (!counters) return figures;
  using enum contract::Counter;
  figures.segments_received = (*counters)[kRxTcpSegments];
  figures.segments_sent = (*counters)[kTxTcpSegments];
  figures.retransmissions = (*counters)[kTxRetransmits];
  figures.frames_dropped = (*counters)[kRxDroppedEth] + (*counters)[kRxDroppedIp] +
                           (*counters)[kRxDroppedTcp] + (*counters)[kRxDroppedOverrun];
  return figures;
}

void CardStack::flush_captures() { device_->simulation().flush_captures(); }

}  // namespace millrace::flow::cli
