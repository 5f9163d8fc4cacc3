// SPDX-License-Identifier: Apache-2.0
// Bringing a card up, and the registers behind queue pairs.

#include "host/card.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <span>

#include "host/base/assert.h"

namespace millrace::host {
namespace {

using contract::kRegContractHashHi;
using contract::kRegContractHashLo;

constexpr std::uint32_t kStatusReady = 1;
constexpr std::uint32_t kStatusIdle = 2;
constexpr std::uint32_t kStatusDmaError = 4;
constexpr std::uint32_t kControlEnable = 1;
constexpr std::uint32_t kPairEnable = 1U << 31;
constexpr std::uint32_t kTagged = 1U << 31;
constexpr std::size_t kPage = 4096;
constexpr std::uint32_t kSilent = 0xFFFFFFFF;  // what a PCIe read without an answer gives

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

Error invalid(const std::string& what) { return make_error(Errc::kInvalidArgument, what); }

bool within(std::uint32_t value, std::uint32_t low, std::uint32_t high) {
  return value >= low && value <= high;
}

// The first or last address of a link with room for hosts between them.
bool whole_link(std::uint32_t ip, std::uint32_t netmask) {
  const std::uint32_t host_part = ~netmask;
  return host_part > 1 && ((ip & host_part) == 0 || (ip & host_part) == host_part);
}

std::optional<Error> check_ipv6(const CardOptions& options) {
  const IpAddress& own = options.ipv6;
  const IpAddress& gateway = options.ipv6_gateway;
  if (own != IpAddress() && (!own.is_unicast() || own.is_ipv4() || own.is_link_local())) {
    return invalid("ipv6 " + own.to_string() + ": not a global address of a host");
  }
  if (options.ipv6_prefix < 1 || options.ipv6_prefix > 128) {
    return invalid("ipv6_prefix " + std::to_string(options.ipv6_prefix) + ": must be 1 to 128");
  }
  if (gateway == IpAddress()) return std::nullopt;
  const bool reachable = gateway.is_link_local() ||
                         (own != IpAddress() && own.shares_prefix(gateway, options.ipv6_prefix));
  if (!gateway.is_unicast() || gateway.is_ipv4() || gateway == own || !reachable) {
    return invalid("ipv6_gateway " + gateway.to_string() + ": not another host on the link of " +
                   own.to_string() + "/" + std::to_string(options.ipv6_prefix));
  }
  return std::nullopt;
}

// What is wrong with the options, or nothing.
std::optional<Error> check(const CardOptions& options) {
  const bool all_zero = std::ranges::all_of(options.mac, [](auto octet) { return octet == 0; });
  if (all_zero || (options.mac[0] & 1) != 0) return invalid("mac: not a unicast address");
  const std::uint32_t host_part = ~options.netmask;
  if ((host_part & (host_part + 1)) != 0) {
    return invalid("netmask " + hex(options.netmask) + ": its ones are not a prefix");
  }
  if (!IpAddress(options.ipv4).is_unicast() || whole_link(options.ipv4, options.netmask)) {
    return invalid("ipv4 " + hex(options.ipv4) + ": not the address of a host");
  }
  if (options.gateway != 0) {
    const bool on_link = ((options.gateway ^ options.ipv4) & options.netmask) == 0;
    if (!on_link || options.gateway == options.ipv4 ||
        whole_link(options.gateway, options.netmask)) {
      return invalid("gateway " + hex(options.gateway) + ": not another host on the link of " +
                     hex(options.ipv4) + " with netmask " + hex(options.netmask));
    }
  }
  if (auto wrong = check_ipv6(options)) return wrong;
  if (options.vlan && (*options.vlan & 0xFFF) == 0xFFF) {
    return invalid("vlan " + std::to_string(*options.vlan) + ": VLAN 4095 is reserved");
  }
  return check(options.policy);
}

bool ring_size_ok(std::uint32_t entries) {
  return std::has_single_bit(entries) &&
         within(entries, 1U << contract::kRingLog2Min, 1U << contract::kRingLog2Max);
}

}  // namespace

CounterSnapshot CounterSnapshot::since(const CounterSnapshot& earlier) const {
  CounterSnapshot difference;
  for (std::size_t i = 0; i < values.size(); ++i) {
    difference.values[i] = values[i] - earlier.values[i];
  }
  return difference;
}

std::expected<std::unique_ptr<Card>, Error> Card::open(Device& device, const CardOptions& options) {
  if (const auto wrong = check(options)) return std::unexpected(*wrong);
  std::unique_ptr<Card> card(new Card(device));
  card->options_ = options;
  for (const auto step :
       {&Card::check_identity, &Card::read_limits, &Card::wait_ready, &Card::configure}) {
    if (const auto done = (card.get()->*step)(); !done) return std::unexpected(done.error());
  }
  card->pair_used_.assign(card->limits_.queue_pairs, false);
  card->enabled_ = true;
  return card;
}

Card::~Card() {
  if (!enabled_) return;
  [[maybe_unused]] const auto done = write(contract::kRegControl, 0);  // a dead card is off anyway
}

Error Card::device_error(DeviceError error, const std::string& what) const {
  const std::string subject = what + " on " + device_.description();
  switch (error) {
    case DeviceError::kNoMemory:
      return make_error(Errc::kNoBufferSpace, subject);
    case DeviceError::kBadOffset:
      return make_error(Errc::kDriverFault, subject);
    case DeviceError::kLost:
      break;
  }
  const std::string reason = device_.failure();
  return make_error(Errc::kDeviceLost, reason.empty() ? subject : subject + " (" + reason + ")");
}

std::expected<std::uint32_t, Error> Card::read(std::uint32_t offset, const char* what) {
  const auto value = device_.read_register(offset);
  if (!value) return std::unexpected(device_error(value.error(), std::string("reading ") + what));
  return *value;
}

std::expected<void, Error> Card::write(std::uint32_t offset, std::uint32_t value) {
  if (const auto done = device_.write_register(offset, value); !done) {
    return std::unexpected(device_error(done.error(), "writing register " + hex(offset)));
  }
  return {};
}

std::expected<void, Error> Card::write_all(
    std::span<const std::pair<std::uint32_t, std::uint32_t>> values) {
  for (const auto& [offset, value] : values) {
    if (const auto done = write(offset, value); !done) return done;
  }
  return {};
}

std::expected<SharedMemory, Error> Card::allocate(std::size_t bytes, const char* what) {
  const auto memory = device_.allocate(bytes);
  if (!memory) {
    return std::unexpected(device_error(
        memory.error(), std::to_string(bytes) + " bytes of shared memory for " + what));
  }
  if (memory->bytes.size() < bytes || memory->card_address % kPage != 0) {
    return std::unexpected(
        make_error(Errc::kDriverFault, std::string("shared memory for ") + what));
  }
  return *memory;
}

std::expected<void, Error> Card::check_alive() {
  const std::lock_guard lock(mutex_);
  const auto id = read(contract::kRegId, "the id register");
  if (!id) return std::unexpected(id.error());
  if (*id == contract::kMagic) return {};
  return std::unexpected(make_error(Errc::kDeviceLost, "id register of " + device_.description() +
                                                           " reads " + hex(*id) + "; reset it"));
}

std::expected<void, Error> Card::check_identity() {
  const auto id = read(contract::kRegId, "the id register");
  if (!id) return std::unexpected(id.error());
  if (*id == kSilent || *id == 0) {
    return std::unexpected(
        make_error(Errc::kDeviceLost, device_.description() + ": register id reads " + hex(*id) +
                                          "; is the card programmed and out of reset?"));
  }
  if (*id != contract::kMagic) {
    return std::unexpected(make_error(
        Errc::kNotSupported, device_.description() + ": register id reads " + hex(*id) +
                                 " instead of " + hex(contract::kMagic) + "; not a Millrace card"));
  }
  const auto low = read(kRegContractHashLo, "the contract hash");
  if (!low) return std::unexpected(low.error());
  const auto high = read(kRegContractHashHi, "the contract hash");
  if (!high) return std::unexpected(high.error());
  const auto revision = read(contract::kRegContractRevision, "the contract revision");
  if (!revision) return std::unexpected(revision.error());
  const std::uint64_t hash = (static_cast<std::uint64_t>(*high) << 32) | *low;
  if (hash == contract::kHash) return {};
  std::string verdict = "they differ within one revision; build both from the same tree";
  if (*revision < contract::kRevision) {
    verdict = "the card is older; program it with this host's build";
  } else if (*revision > contract::kRevision) {
    verdict = "the host is older; update it";
  }
  return std::unexpected(make_error(
      Errc::kContractMismatch, device_.description() + " has contract revision " +
                                   std::to_string(*revision) + " (hash " + hex(hash) +
                                   "), this host revision " + std::to_string(contract::kRevision) +
                                   " (hash " + hex(contract::kHash) + "): " + verdict));
}

std::expected<void, Error> Card::read_limits() {
  struct Limit {
    const char* name;
    std::uint32_t offset;
    std::uint32_t* value;
    std::uint32_t most;
  };
  const Limit all[] = {
      {"limit_connections", contract::kRegLimitConnections, &limits_.connections,
       1U << contract::kConnIndexBits},
      {"limit_queue_pairs", contract::kRegLimitQueuePairs, &limits_.queue_pairs,
       contract::kQueuePairsMax},
      {"limit_regions", contract::kRegLimitRegions, &limits_.regions, contract::kRegions},
      {"limit_listeners", contract::kRegLimitListeners, &limits_.listeners, contract::kListeners},
  };
  for (const Limit& limit : all) {
    const auto value = read(limit.offset, limit.name);
    if (!value) return std::unexpected(value.error());
    if (!within(*value, 1, limit.most)) {
      return std::unexpected(
          make_error(Errc::kBadLimits, device_.description() + ": " + limit.name + " reads " +
                                           std::to_string(*value) + ", possible are 1 to " +
                                           std::to_string(limit.most)));
    }
    *limit.value = *value;
  }
  return {};
}

std::expected<void, Error> Card::wait_ready() {
  constexpr int kMostTurns = 1'000'000;  // for a device whose clock stands still
  const std::uint64_t deadline = device_.now_us() + options_.ready_timeout_us;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const auto now = status();
    if (!now) return std::unexpected(now.error());
    if (now->ready) return {};
    const std::uint64_t time = device_.now_us();
    if (time >= deadline) break;
    if (const auto done = device_.wait(time + 10); !done) {
      return std::unexpected(device_error(done.error(), "waiting for the card to be ready"));
    }
  }
  return std::unexpected(make_error(
      Errc::kDeviceLost, device_.description() + " was not ready (register status, bit 0) within " +
                             std::to_string(options_.ready_timeout_us) + " us"));
}

std::expected<void, Error> Card::configure() {
  const auto& mac = options_.mac;
  const auto octet = [&](std::size_t i, unsigned shift) {
    return static_cast<std::uint32_t>(mac[i]) << shift;
  };
  const IpAddress::Words& ipv6 = options_.ipv6.words();
  const IpAddress::Words& gateway = options_.ipv6_gateway.words();
  const std::pair<std::uint32_t, std::uint32_t> values[] = {
      {contract::kRegControl, 0},
      {contract::kRegMacLo, octet(2, 24) | octet(3, 16) | octet(4, 8) | octet(5, 0)},
      {contract::kRegMacHi, octet(0, 8) | octet(1, 0)},
      {contract::kRegIpv4, options_.ipv4},
      {contract::kRegNetmask, options_.netmask},
      {contract::kRegGateway, options_.gateway},
      {contract::kRegVlan, options_.vlan ? kTagged | *options_.vlan : 0},
      {contract::kRegIpv60, ipv6[0]},
      {contract::kRegIpv61, ipv6[1]},
      {contract::kRegIpv62, ipv6[2]},
      {contract::kRegIpv63, ipv6[3]},
      {contract::kRegIpv6PrefixLength, options_.ipv6_prefix},
      {contract::kRegIpv6Gateway0, gateway[0]},
      {contract::kRegIpv6Gateway1, gateway[1]},
      {contract::kRegIpv6Gateway2, gateway[2]},
      {contract::kRegIpv6Gateway3, gateway[3]},
  };
  if (const auto done = write_all(values); !done) return done;
  for (const PolicyRegister& row : policy_registers()) {
    if (const auto done = write(row.offset, options_.policy.*row.member); !done) return done;
  }
  if (const auto done = write_keys(); !done) return done;
  return write(contract::kRegControl, kControlEnable);
}

std::expected<void, Error> Card::write_keys() {
  std::array<std::uint32_t, 8> keys{};  // the secret, then the hash key
  if (options_.seed) {
    std::uint64_t state = *options_.seed;
    for (std::uint32_t& key : keys) key = static_cast<std::uint32_t>(split_mix(state) >> 32);
  } else if (::getrandom(keys.data(), sizeof(keys), 0) != static_cast<ssize_t>(sizeof(keys))) {
    return std::unexpected(make_error(Errc::kNotSupported, "getrandom for the card's keys"));
  }
  constexpr std::array kOffsets = {contract::kRegSecret0,  contract::kRegSecret1,
                                   contract::kRegSecret2,  contract::kRegSecret3,
                                   contract::kRegHashKey0, contract::kRegHashKey1,
                                   contract::kRegHashKey2, contract::kRegHashKey3};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto done = write(kOffsets[i], keys[i]); !done) return done;
  }
  return {};
}

std::expected<QueuePair, Error> Card::pair_memory(const QueuePairOptions& options,
                                                  std::uint32_t number) {
  const auto sq_log2 = static_cast<unsigned>(std::countr_zero(options.submission_entries));
  const auto cq_log2 = static_cast<unsigned>(std::countr_zero(options.completion_entries));
  const std::size_t buffer_bytes = (options.buffer_bytes + kPage - 1) & ~(kPage - 1);
  const auto spare = std::ranges::find_if(spare_, [&](const QueuePair& pair) {
    return pair.sq_log2 == sq_log2 && pair.cq_log2 == cq_log2 &&
           pair.buffers.bytes.size() == buffer_bytes;
  });
  if (spare != spare_.end()) {
    QueuePair pair = *spare;
    spare_.erase(spare);
    for (const SharedMemory* memory : {&pair.submissions, &pair.completions, &pair.status_line}) {
      std::ranges::fill(memory->bytes, std::byte{0});
    }
    pair.number = pair.region = number;
    return pair;
  }
  QueuePair pair{.number = number,
                 .region = number,
                 .sq_log2 = sq_log2,
                 .cq_log2 = cq_log2,
                 .submissions = {},
                 .completions = {},
                 .status_line = {},
                 .buffers = {}};
  struct Part {
    SharedMemory* memory;
    std::size_t bytes;
    const char* what;
  };
  const Part parts[] = {
      {&pair.submissions, std::size_t{contract::kEntryBytes} << sq_log2, "a submission ring"},
      {&pair.completions, std::size_t{contract::kEntryBytes} << cq_log2, "a completion ring"},
      {&pair.status_line, 64, "a status line"},
      {&pair.buffers, buffer_bytes, "connection rings"},
  };
  for (const Part& part : parts) {
    const auto memory = allocate(part.bytes, part.what);
    if (!memory) return std::unexpected(memory.error());
    *part.memory = *memory;
  }
  pair.buffers.bytes = pair.buffers.bytes.first(buffer_bytes);
  return pair;
}

std::expected<QueuePair, Error> Card::create_queue_pair(const QueuePairOptions& options) {
  const std::lock_guard lock(mutex_);
  if (!ring_size_ok(options.submission_entries) || !ring_size_ok(options.completion_entries)) {
    return std::unexpected(invalid("ring entries: must be a power of two from 16 to 32768"));
  }
  if (options.buffer_bytes == 0) return std::unexpected(invalid("buffer_bytes: must not be 0"));
  const auto free = std::ranges::find(pair_used_, false);
  const auto number = static_cast<std::uint32_t>(free - pair_used_.begin());
  if (free == pair_used_.end() || number >= limits_.regions) {
    return std::unexpected(make_error(Errc::kNoBufferSpace,
                                      "all " + std::to_string(number) + " queue pairs of " +
                                          device_.description() + " are in use; close a runtime"));
  }
  auto pair = pair_memory(options, number);
  if (!pair) return pair;
  if (const auto done = commit(*pair); !done) return std::unexpected(done.error());
  *free = true;
  return pair;
}

std::expected<void, Error> Card::commit(const QueuePair& pair) {
  const auto low = [](const SharedMemory& memory) {
    return static_cast<std::uint32_t>(memory.card_address);
  };
  const auto high = [](const SharedMemory& memory) {
    return static_cast<std::uint32_t>(memory.card_address >> 32);
  };
  const auto pages = static_cast<std::uint32_t>(pair.buffers.bytes.size() / kPage);
  const std::pair<std::uint32_t, std::uint32_t> values[] = {
      {contract::kRegRegionBaseLo, low(pair.buffers)},
      {contract::kRegRegionBaseHi, high(pair.buffers)},
      {contract::kRegRegionPages, pages},
      {contract::kRegRegionCommit, pair.region | (1U << (16 + pair.number))},
      {contract::kRegQpSqBaseLo, low(pair.submissions)},
      {contract::kRegQpSqBaseHi, high(pair.submissions)},
      {contract::kRegQpCqBaseLo, low(pair.completions)},
      {contract::kRegQpCqBaseHi, high(pair.completions)},
      {contract::kRegQpStatusLo, low(pair.status_line)},
      {contract::kRegQpStatusHi, high(pair.status_line)},
      {contract::kRegQpSizes, pair.sq_log2 | (pair.cq_log2 << 8)},
      {contract::kRegQpCommit, pair.number | kPairEnable},
  };
  return write_all(values);
}

void Card::destroy_queue_pair(const QueuePair& pair, bool quiet) {
  const std::lock_guard lock(mutex_);
  MILLRACE_ASSERT(pair.number < pair_used_.size() && pair_used_[pair.number]);
  const std::pair<std::uint32_t, std::uint32_t> values[] = {
      {contract::kRegQpCommit, pair.number},
      {contract::kRegRegionPages, 0},
      {contract::kRegRegionCommit, pair.region},
  };
  [[maybe_unused]] const auto done = write_all(values);  // a dead card needs no telling
  if (!quiet) return;  // the card may still use the memory: neither it nor the number is used again
  pair_used_[pair.number] = false;
  spare_.push_back(pair);
}

std::expected<CardStatus, Error> Card::status() {
  const std::lock_guard lock(mutex_);
  const auto value = read(contract::kRegStatus, "the status register");
  if (!value) return std::unexpected(value.error());
  return CardStatus{.ready = (*value & kStatusReady) != 0,
                    .idle = (*value & kStatusIdle) != 0,
                    .dma_error = (*value & kStatusDmaError) != 0};
}

std::expected<CounterSnapshot, Error> Card::counters() {
  const std::lock_guard lock(mutex_);
  CounterSnapshot snapshot;
  for (std::size_t i = 0; i < snapshot.values.size(); ++i) {
    const auto value =
        read(contract::kCounterBase + 4 * static_cast<std::uint32_t>(i), "the counters");
    if (!value) return std::unexpected(value.error());
    snapshot.values[i] = *value;
  }
  return snapshot;
}

std::expected<std::uint32_t, Error> Card::free_connections() {
  const std::lock_guard lock(mutex_);
  return read(contract::kRegFreeConnections, "free_connections");
}

IpAddress Card::address_toward(const IpAddress& remote) const {
  if (remote.is_ipv4()) return options_.ipv4;
  const bool link = remote.is_link_local() || options_.ipv6 == IpAddress();
  return link ? link_local_of(options_.mac) : options_.ipv6;
}

std::string Card::description() const {
  return device_.description() + ", " + std::to_string(limits_.connections) + " connections, " +
         std::to_string(limits_.queue_pairs) + " queue pairs";
}

}  // namespace millrace::host
