// SPDX-License-Identifier: Apache-2.0
// Generated from hw/contract/toe.toml by hw/contract/generate.py; do not edit.
// Registers, ring entries and codes of the contract, for the host.
// clang-format off
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace::contract {

inline constexpr std::uint32_t kMagic = 0x4D494C4C;
inline constexpr std::uint64_t kHash = 0x6c70d4e1fe75b543;
inline constexpr std::uint32_t kRevision = 2;

/// Bits of a connection index; at most 65,536 connections on a card.
inline constexpr std::uint32_t kConnIndexBits = 0x10;
/// Bits of a connection's generation, which makes stale identifiers refusable.
inline constexpr std::uint32_t kGenerationBits = 0x8;
/// Bytes of every ring entry.
inline constexpr std::uint32_t kEntryBytes = 0x20;
/// Smallest slot: 4 KiB.
inline constexpr std::uint32_t kSlotLog2Min = 0xc;
/// Largest slot: 16 MiB.
inline constexpr std::uint32_t kSlotLog2Max = 0x18;
/// Smallest ring: 16 entries.
inline constexpr std::uint32_t kRingLog2Min = 0x4;
/// Largest ring: 32,768 entries.
inline constexpr std::uint32_t kRingLog2Max = 0xf;
/// Memory regions that can be registered.
inline constexpr std::uint32_t kRegions = 0x10;
/// Listening ports a card can hold.
inline constexpr std::uint32_t kListeners = 0x40;
/// Largest number of queue pairs that a card can be built with.
inline constexpr std::uint32_t kQueuePairsMax = 0x10;
/// Register offset of queue pair 0's doorbell page.
inline constexpr std::uint32_t kDoorbellBase = 0x10000;
/// Bytes from one queue pair's doorbell page to the next; a page, so that it can be mapped into one process alone.
inline constexpr std::uint32_t kDoorbellStride = 0x1000;
/// Register offset of counter 0; counter n is at counter_base + 4 n.
inline constexpr std::uint32_t kCounterBase = 0x400;

enum class Access : std::uint8_t { kReadOnly, kReadWrite, kWriteOnly };

/// Offsets of the registers in bytes.
/// Reads 0x4D494C4C (`MILL`) on every card of this family.
inline constexpr std::uint32_t kRegId = 0x000;
/// Low half of the hash of the canonical contract; a host refuses a card whose hash is not its own.
inline constexpr std::uint32_t kRegContractHashLo = 0x004;
/// High half of the contract hash.
inline constexpr std::uint32_t kRegContractHashHi = 0x008;
/// Contract revision; tells which of two differing contracts is older.
inline constexpr std::uint32_t kRegContractRevision = 0x00C;
/// Connections this card was built with.
inline constexpr std::uint32_t kRegLimitConnections = 0x010;
/// Queue pairs this card was built with.
inline constexpr std::uint32_t kRegLimitQueuePairs = 0x014;
/// Memory regions that can be registered.
inline constexpr std::uint32_t kRegLimitRegions = 0x018;
/// Listening ports that can be open at once.
inline constexpr std::uint32_t kRegLimitListeners = 0x01C;
/// Bit 0 enable: frames are received, entries fetched and segments sent only while it is set.
inline constexpr std::uint32_t kRegControl = 0x020;
/// Bit 0 ready (tables are initialised), bit 1 idle (nothing in flight), bit 2 dma_error (an AXI error response was seen; sticky).
inline constexpr std::uint32_t kRegStatus = 0x024;
/// Card time in microseconds, modulo 2^32.
inline constexpr std::uint32_t kRegNowUs = 0x028;
/// Connections that are free at this moment.
inline constexpr std::uint32_t kRegFreeConnections = 0x02C;
/// Octets 2..5 of the card's MAC address, octet 2 in bits 31:24.
inline constexpr std::uint32_t kRegMacLo = 0x030;
/// Octets 0..1 of the card's MAC address in bits 15:0, octet 0 in bits 15:8.
inline constexpr std::uint32_t kRegMacHi = 0x034;
/// The card's IPv4 address, first octet in bits 31:24.
inline constexpr std::uint32_t kRegIpv4 = 0x038;
/// IPv4 netmask of the card's link.
inline constexpr std::uint32_t kRegNetmask = 0x03C;
/// IPv4 address of the router for destinations beyond the link; 0 means none.
inline constexpr std::uint32_t kRegGateway = 0x040;
/// Largest payload of a segment that this card sends or announces, in bytes (64 to 8960).
inline constexpr std::uint32_t kRegMss = 0x044;
/// Initial congestion window in segments (RFC 6928).
inline constexpr std::uint32_t kRegInitialWindow = 0x048;
/// Longest delay of an acknowledgement in microseconds (RFC 9293 3.8.6.3, at most 500,000); 0 acknowledges every segment at once.
inline constexpr std::uint32_t kRegDelayedAckUs = 0x04C;
/// Retransmission timeout before the first measurement (RFC 6298 2.1).
inline constexpr std::uint32_t kRegRtoInitialUs = 0x050;
/// Lower bound of the retransmission timeout; RFC 6298 2.4 says 1 s, widespread practice is 200 ms.
inline constexpr std::uint32_t kRegRtoMinUs = 0x054;
/// Upper bound of the retransmission timeout and of its back-off (RFC 6298 2.5).
inline constexpr std::uint32_t kRegRtoMaxUs = 0x058;
/// Retransmissions of one segment before the connection ends with timed_out (RFC 9293 R2).
inline constexpr std::uint32_t kRegRetriesMax = 0x05C;
/// Retransmissions of a SYN or SYN-ACK before the attempt ends with timed_out.
inline constexpr std::uint32_t kRegSynRetriesMax = 0x060;
/// Length of TIME-WAIT (2 MSL) in microseconds.
inline constexpr std::uint32_t kRegTimeWaitUs = 0x064;
/// Age at which an ARP cache entry is asked for again.
inline constexpr std::uint32_t kRegArpAgeUs = 0x068;
/// Bits 31:0 of the key for initial sequence numbers (RFC 6528) and ephemeral ports (RFC 6056).
inline constexpr std::uint32_t kRegSecret0 = 0x080;
/// Bits 63:32 of that key.
inline constexpr std::uint32_t kRegSecret1 = 0x084;
/// Bits 95:64 of that key.
inline constexpr std::uint32_t kRegSecret2 = 0x088;
/// Bits 127:96 of that key.
inline constexpr std::uint32_t kRegSecret3 = 0x08C;
/// Bits 31:0 of the key of the connection table's hash; write before enabling.
inline constexpr std::uint32_t kRegHashKey0 = 0x090;
/// Bits 63:32 of that key.
inline constexpr std::uint32_t kRegHashKey1 = 0x094;
/// Bits 95:64 of that key.
inline constexpr std::uint32_t kRegHashKey2 = 0x098;
/// Bits 127:96 of that key.
inline constexpr std::uint32_t kRegHashKey3 = 0x09C;
/// Bits 31:0 of the region to be committed; a multiple of 4 KiB.
inline constexpr std::uint32_t kRegRegionBaseLo = 0x0A0;
/// Bits 63:32 of the region's card address.
inline constexpr std::uint32_t kRegRegionBaseHi = 0x0A4;
/// Size of the region in pages of 4 KiB; 0 removes it.
inline constexpr std::uint32_t kRegRegionPages = 0x0A8;
/// Writing stores the three registers above as region bits 7:0, usable by the queue pairs whose bit is set in bits 31:16.
inline constexpr std::uint32_t kRegRegionCommit = 0x0AC;
/// Bits 31:0 of the submission ring's card address; a multiple of 4 KiB.
inline constexpr std::uint32_t kRegQpSqBaseLo = 0x0C0;
/// Bits 63:32 of the submission ring's card address.
inline constexpr std::uint32_t kRegQpSqBaseHi = 0x0C4;
/// Bits 31:0 of the completion ring's card address; a multiple of 4 KiB.
inline constexpr std::uint32_t kRegQpCqBaseLo = 0x0C8;
/// Bits 63:32 of the completion ring's card address.
inline constexpr std::uint32_t kRegQpCqBaseHi = 0x0CC;
/// Bits 31:0 of the queue pair's status line (64 bytes, 64-byte aligned), whose first 32 bits the card sets to the submission ring's head.
inline constexpr std::uint32_t kRegQpStatusLo = 0x0D0;
/// Bits 63:32 of the status line's card address.
inline constexpr std::uint32_t kRegQpStatusHi = 0x0D4;
/// Bits 7:0 log2 of the submission ring's entries, bits 15:8 log2 of the completion ring's.
inline constexpr std::uint32_t kRegQpSizes = 0x0D8;
/// Writing stores the registers above as queue pair bits 7:0 with both indices at 0 and enables it if bit 31 is set, disables it otherwise.
inline constexpr std::uint32_t kRegQpCommit = 0x0DC;
/// Which options and extensions of TCP are in use: tcp_option.
inline constexpr std::uint32_t kRegTcpOptions = 0x100;
/// Bits 1:0 algorithm of new connections: congestion_control. Bit 4 keeps the window over idle time (no RFC 2861 restart).
inline constexpr std::uint32_t kRegCongestionControl = 0x104;
/// Segments that must be acknowledged selectively above a hole before it counts as lost (RFC 6675 DupThresh).
inline constexpr std::uint32_t kRegDupAckThreshold = 0x108;
/// The timestamp clock ticks every 2^n microseconds (RFC 7323 5.4: 1 ms to 1 s; 10 means 1.024 ms).
inline constexpr std::uint32_t kRegTimestampShift = 0x10C;
/// Idle time before the first keep-alive probe in ticks of 1,024 us (RFC 9293 3.8.4); used by connections that ask for it.
inline constexpr std::uint32_t kRegKeepaliveIdle = 0x110;
/// Time between keep-alive probes in ticks of 1,024 us.
inline constexpr std::uint32_t kRegKeepaliveInterval = 0x114;
/// Unanswered keep-alive probes before the connection ends with timed_out.
inline constexpr std::uint32_t kRegKeepaliveProbes = 0x118;
/// Longest time that data or a SYN may stay unacknowledged, or data held back by a closed window, in ticks of 1,024 us (RFC 9293 3.8.3); 0 leaves it to retries_max.
inline constexpr std::uint32_t kRegUserTimeout = 0x11C;
/// Challenge ACKs per second of the whole card (RFC 5961 7); 0 means no limit.
inline constexpr std::uint32_t kRegChallengeAckRate = 0x120;
/// SYN cookies (RFC 4987 3.6): 0 never, 1 when at most a quarter of a listener's backlog is in LISTEN, 2 always. A cookie is good for 67 to 134 s; window scale, SACK and ECN are kept if the SYN has timestamps.
inline constexpr std::uint32_t kRegSynCookies = 0x124;
/// Smallest IPv4 path MTU that an ICMP message or a black hole can impose, in bytes; IPv6 has 1280.
inline constexpr std::uint32_t kRegPmtuFloor = 0x128;
/// TTL and hop limit of packets sent.
inline constexpr std::uint32_t kRegTimeToLive = 0x12C;
/// Bit 31: frames are sent and received with the 802.1Q tag whose control information is in bits 15:0.
inline constexpr std::uint32_t kRegVlan = 0x130;
/// Bits 127:96 of the IPv6 address beside the link-local one, which the card makes from its MAC address; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv60 = 0x140;
/// Bits 95:64 of the IPv6 address beside the link-local one, which the card makes from its MAC address; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv61 = 0x144;
/// Bits 63:32 of the IPv6 address beside the link-local one, which the card makes from its MAC address; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv62 = 0x148;
/// Bits 31:0 of the IPv6 address beside the link-local one, which the card makes from its MAC address; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv63 = 0x14C;
/// Bits of ipv6 that name the link.
inline constexpr std::uint32_t kRegIpv6PrefixLength = 0x150;
/// Bits 127:96 of the IPv6 router for destinations beyond the link; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv6Gateway0 = 0x160;
/// Bits 95:64 of the IPv6 router for destinations beyond the link; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv6Gateway1 = 0x164;
/// Bits 63:32 of the IPv6 router for destinations beyond the link; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv6Gateway2 = 0x168;
/// Bits 31:0 of the IPv6 router for destinations beyond the link; 0 in all four: none.
inline constexpr std::uint32_t kRegIpv6Gateway3 = 0x16C;

/// One row for each register; `reset_known` is false where only the card knows.
struct RegisterInfo {
  std::string_view name;
  std::uint32_t offset;
  Access access;
  bool reset_known;
  std::uint32_t reset;
};
inline constexpr std::array kRegisters = {
    RegisterInfo{"id", 0x000, Access::kReadOnly, true, 0x4D494C4CU},
    RegisterInfo{"contract_hash_lo", 0x004, Access::kReadOnly, true, 0xFE75B543U},
    RegisterInfo{"contract_hash_hi", 0x008, Access::kReadOnly, true, 0x6C70D4E1U},
    RegisterInfo{"contract_revision", 0x00C, Access::kReadOnly, true, 0x00000002U},
    RegisterInfo{"limit_connections", 0x010, Access::kReadOnly, false, 0x00000000U},
    RegisterInfo{"limit_queue_pairs", 0x014, Access::kReadOnly, false, 0x00000000U},
    RegisterInfo{"limit_regions", 0x018, Access::kReadOnly, true, 0x00000010U},
    RegisterInfo{"limit_listeners", 0x01C, Access::kReadOnly, true, 0x00000040U},
    RegisterInfo{"control", 0x020, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"status", 0x024, Access::kReadOnly, false, 0x00000000U},
    RegisterInfo{"now_us", 0x028, Access::kReadOnly, false, 0x00000000U},
    RegisterInfo{"free_connections", 0x02C, Access::kReadOnly, false, 0x00000000U},
    RegisterInfo{"mac_lo", 0x030, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"mac_hi", 0x034, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv4", 0x038, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"netmask", 0x03C, Access::kReadWrite, true, 0xFFFFFF00U},
    RegisterInfo{"gateway", 0x040, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"mss", 0x044, Access::kReadWrite, true, 0x000005B4U},
    RegisterInfo{"initial_window", 0x048, Access::kReadWrite, true, 0x0000000AU},
    RegisterInfo{"delayed_ack_us", 0x04C, Access::kReadWrite, true, 0x00009C40U},
    RegisterInfo{"rto_initial_us", 0x050, Access::kReadWrite, true, 0x000F4240U},
    RegisterInfo{"rto_min_us", 0x054, Access::kReadWrite, true, 0x00030D40U},
    RegisterInfo{"rto_max_us", 0x058, Access::kReadWrite, true, 0x03938700U},
    RegisterInfo{"retries_max", 0x05C, Access::kReadWrite, true, 0x0000000FU},
    RegisterInfo{"syn_retries_max", 0x060, Access::kReadWrite, true, 0x00000006U},
    RegisterInfo{"time_wait_us", 0x064, Access::kReadWrite, true, 0x03938700U},
    RegisterInfo{"arp_age_us", 0x068, Access::kReadWrite, true, 0x03938700U},
    RegisterInfo{"secret_0", 0x080, Access::kWriteOnly, true, 0x00000000U},
    RegisterInfo{"secret_1", 0x084, Access::kWriteOnly, true, 0x00000000U},
    RegisterInfo{"secret_2", 0x088, Access::kWriteOnly, true, 0x00000000U},
    RegisterInfo{"secret_3", 0x08C, Access::kWriteOnly, true, 0x00000000U},
    RegisterInfo{"hash_key_0", 0x090, Access::kWriteOnly, true, 0x6D5A56DAU},
    RegisterInfo{"hash_key_1", 0x094, Access::kWriteOnly, true, 0x255B0EC2U},
    RegisterInfo{"hash_key_2", 0x098, Access::kWriteOnly, true, 0x4167253DU},
    RegisterInfo{"hash_key_3", 0x09C, Access::kWriteOnly, true, 0x43A38FB0U},
    RegisterInfo{"region_base_lo", 0x0A0, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"region_base_hi", 0x0A4, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"region_pages", 0x0A8, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"region_commit", 0x0AC, Access::kWriteOnly, true, 0x00000000U},
    RegisterInfo{"qp_sq_base_lo", 0x0C0, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"qp_sq_base_hi", 0x0C4, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"qp_cq_base_lo", 0x0C8, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"qp_cq_base_hi", 0x0CC, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"qp_status_lo", 0x0D0, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"qp_status_hi", 0x0D4, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"qp_sizes", 0x0D8, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"qp_commit", 0x0DC, Access::kWriteOnly, true, 0x00000000U},
    RegisterInfo{"tcp_options", 0x100, Access::kReadWrite, true, 0x000000AFU},
    RegisterInfo{"congestion_control", 0x104, Access::kReadWrite, true, 0x00000001U},
    RegisterInfo{"dup_ack_threshold", 0x108, Access::kReadWrite, true, 0x00000003U},
    RegisterInfo{"timestamp_shift", 0x10C, Access::kReadWrite, true, 0x0000000AU},
    RegisterInfo{"keepalive_idle", 0x110, Access::kReadWrite, true, 0x006B49D2U},
    RegisterInfo{"keepalive_interval", 0x114, Access::kReadWrite, true, 0x00011E1AU},
    RegisterInfo{"keepalive_probes", 0x118, Access::kReadWrite, true, 0x00000009U},
    RegisterInfo{"user_timeout", 0x11C, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"challenge_ack_rate", 0x120, Access::kReadWrite, true, 0x000003E8U},
    RegisterInfo{"syn_cookies", 0x124, Access::kReadWrite, true, 0x00000001U},
    RegisterInfo{"pmtu_floor", 0x128, Access::kReadWrite, true, 0x00000228U},
    RegisterInfo{"time_to_live", 0x12C, Access::kReadWrite, true, 0x00000040U},
    RegisterInfo{"vlan", 0x130, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_0", 0x140, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_1", 0x144, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_2", 0x148, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_3", 0x14C, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_prefix_length", 0x150, Access::kReadWrite, true, 0x00000040U},
    RegisterInfo{"ipv6_gateway_0", 0x160, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_gateway_1", 0x164, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_gateway_2", 0x168, Access::kReadWrite, true, 0x00000000U},
    RegisterInfo{"ipv6_gateway_3", 0x16C, Access::kReadWrite, true, 0x00000000U},
};

enum class Opcode : std::uint8_t {
  /// Does nothing.
  kNop = 0,
  /// Cumulative progress of one connection: sent_up_to, consumed_up_to and, by flag, the end of the stream.
  kUpdate = 1,
  /// Active open (RFC 9293 3.10.1) with named buffers.
  kConnect = 2,
  /// Opens a listening port; the response carries the listener's identifier.
  kListen = 3,
  /// Gives a listener one connection in state LISTEN with named buffers: one unit of backlog.
  kAccept = 4,
  /// Closes a listening port and frees its connections in LISTEN; established ones live on.
  kUnlisten = 5,
  /// Resets a connection (RFC 9293 3.10.5).
  kAbort = 6,
  /// Names the IPv6 address for the connects of this queue pair that follow and carry the flag ipv6.
  kAddress = 7,
  /// Options of one connection; all of them at once.
  kSet = 8,
};

enum class SubmissionFlag : std::uint8_t {
  /// update: no byte follows sent_up_to; FIN is sent after it.
  kFin = 1,
  /// connect: the peer is the IPv6 address named last.
  kIpv6 = 2,
  /// Phase bit: 1 on the first pass through the ring, then alternating.
  kPhase = 128,
};

enum class ConnectionOption : std::uint8_t {
  /// Segments smaller than MSS leave at once; without it they wait until everything sent is acknowledged (Nagle, RFC 9293 3.7.4).
  kNodelay = 1,
  /// The registers keepalive_* apply.
  kKeepalive = 2,
  /// Every segment is acknowledged at once.
  kQuickack = 4,
};

enum class CongestionControl : std::uint8_t {
  /// RFC 6582.
  kNewreno = 0,
  /// RFC 9438.
  kCubic = 1,
  /// RFC 8257.
  kDctcp = 2,
};

enum class TcpOption : std::uint8_t {
  /// RFC 7323 2.
  kWindowScale = 1,
  /// RFC 7323 3.
  kTimestamps = 2,
  /// Selective acknowledgement (RFC 2018).
  kSack = 4,
  /// Agree to ECN when the peer asks (RFC 3168).
  kEcnAccept = 8,
  /// Ask for ECN.
  kEcnRequest = 16,
  /// Path MTU black-hole probing (RFC 4821).
  kBlackHoleProbe = 32,
  /// Options of a SYN in the order MSS, window scale, SACK, timestamps instead of MSS, SACK, timestamps, window scale.
  kOptionOrder = 64,
  /// Accept a SYN in TIME-WAIT (RFC 6191).
  kTimeWaitReuse = 128,
};

enum class CompletionKind : std::uint8_t {
  /// The present state of one connection; the latest replaces all earlier.
  kReport = 1,
  /// Answer to listen and unlisten, and to any refused entry.
  kResponse = 2,
  /// Peer of a connection that a listener took; comes once, before the report that says established.
  kPeer = 3,
};

enum class CompletionFlag : std::uint8_t {
  /// The handshake has completed.
  kEstablished = 1,
  /// The peer's FIN was received in order: the stream ends at received_up_to.
  kFinReceived = 2,
  /// The peer acknowledged our FIN, hence every byte sent, even if acked_up_to is not there yet.
  kFinAcked = 4,
  /// Last report of this connection: its identifier and slots are the host's again.
  kFinal = 8,
  /// An update was refused because an offset was outside the ring.
  kBadOffset = 16,
  /// Phase bit, as in submissions.
  kPhase = 128,
};

enum class Status : std::uint8_t {
  /// Success, or an orderly end.
  kOk = 0,
  /// The peer answered SYN with RST.
  kRefused = 1,
  /// The peer reset the connection.
  kReset = 2,
  /// Retransmissions were not answered.
  kTimedOut = 3,
  /// This host aborted the connection.
  kAborted = 4,
  /// All connections of the card are in use.
  kNoConnection = 5,
  /// The port or four-tuple is taken.
  kAddressInUse = 6,
  /// Unknown opcode.
  kBadOpcode = 7,
  /// Region not registered, or not for this queue pair.
  kBadRegion = 8,
  /// Slot outside its region, or size outside 4 KiB to 16 MiB.
  kBadSlot = 9,
  /// No such connection, a stale identifier, or another queue pair's.
  kBadConnection = 10,
  /// No such listener, or another queue pair's.
  kBadListener = 11,
  /// All listeners are in use.
  kNoListener = 12,
  /// The listener of a connection in LISTEN was closed.
  kListenerClosed = 13,
  /// The entry's phase bit contradicts the doorbell.
  kBadPhase = 14,
  /// The network said that the peer cannot be reached.
  kUnreachable = 15,
  /// No single host can have that address (RFC 9293 MUST-46), or no IPv6 address was named before.
  kBadAddress = 16,
  /// An option or congestion control that this card does not know.
  kBadOption = 17,
};

enum class TcpState : std::uint8_t {
  /// No connection.
  kClosed = 0,
  /// Waits for a SYN.
  kListen = 1,
  /// Has sent SYN.
  kSynSent = 2,
  /// Has received and sent SYN.
  kSynReceived = 3,
  /// Open both ways.
  kEstablished = 4,
  /// Has sent FIN.
  kFinWait1 = 5,
  /// Its FIN is acknowledged.
  kFinWait2 = 6,
  /// Has received FIN.
  kCloseWait = 7,
  /// Both sent FIN; ours is not acknowledged.
  kClosing = 8,
  /// Received FIN, then sent ours.
  kLastAck = 9,
  /// Both FINs acknowledged; waits 2 MSL.
  kTimeWait = 10,
};

/// Counters in index order: name and what increments it.
struct CounterInfo {
  std::string_view name;
  std::string_view doc;
};
enum class Counter : std::uint8_t {
  kRxFrames,
  kRxTcpSegments,
  kRxDroppedEth,
  kRxDroppedIp,
  kRxDroppedTcp,
  kRxDroppedOverrun,
  kRxIcmpEcho,
  kRxArp,
  kTxFrames,
  kTxTcpSegments,
  kTxArpRequests,
  kTxDroppedUnresolved,
  kTxRetransmits,
  kTxRto,
  kTxFastRetransmits,
  kTxWindowProbes,
  kTxResets,
  kRxResets,
  kRxOutOfOrder,
  kRxGapsExhausted,
  kRxDuplicates,
  kRxOutsideWindow,
  kRxChallengeAcks,
  kRxNoConnection,
  kRxDuplicateAcks,
  kConnOpenedActive,
  kConnOpenedPassive,
  kConnEstablished,
  kConnClosed,
  kConnTimedOut,
  kSynNoListener,
  kSynBacklogFull,
  kTimeWaitRecycled,
  kSqEntries,
  kSqRefused,
  kCqEntries,
  kCqStalls,
  kRxPawsRejected,
  kRxSackBlocks,
  kRxDsack,
  kTxDsack,
  kTxSackRetransmits,
  kTxLossProbes,
  kTxUndone,
  kTxIdleRestarts,
  kTxKeepalives,
  kConnUserTimeout,
  kRxCe,
  kRxEce,
  kRxChallengeLimited,
  kRxIcmpErrors,
  kPmtuReduced,
  kSynCookiesSent,
  kSynCookiesTaken,
  kTimeWaitReused,
  kRxIcmp6Nd,
  kTxIcmp6Solicits,
  kRxDroppedIp6,
};
inline constexpr std::array kCounters = {
    CounterInfo{"rx_frames", "Frames taken from the wire."},
    CounterInfo{"rx_tcp_segments", "TCP segments that passed every check of the wire."},
    CounterInfo{"rx_dropped_eth", "Frames dropped: runt, foreign destination MAC or VLAN, unknown EtherType, malformed ARP or marked bad by the MAC."},
    CounterInfo{"rx_dropped_ip", "IPv4 packets dropped: version, length, checksum, fragment, foreign address, or neither TCP nor an ICMP message the card takes."},
    CounterInfo{"rx_dropped_tcp", "Segments dropped: TCP header length, checksum or malformed options."},
    CounterInfo{"rx_dropped_overrun", "Frames dropped because the card's receive buffer was full."},
    CounterInfo{"rx_icmp_echo", "ICMP echo requests answered."},
    CounterInfo{"rx_arp", "ARP packets taken."},
    CounterInfo{"tx_frames", "Frames given to the wire."},
    CounterInfo{"tx_tcp_segments", "TCP segments sent, with and without payload."},
    CounterInfo{"tx_arp_requests", "ARP requests sent."},
    CounterInfo{"tx_dropped_unresolved", "Segments dropped because the next hop's MAC address stayed unknown."},
    CounterInfo{"tx_retransmits", "Segments sent again."},
    CounterInfo{"tx_rto", "Retransmission timeouts."},
    CounterInfo{"tx_fast_retransmits", "Fast retransmits."},
    CounterInfo{"tx_window_probes", "Zero-window probes sent."},
    CounterInfo{"tx_resets", "RST segments sent."},
    CounterInfo{"rx_resets", "Connections ended by the peer's RST."},
    CounterInfo{"rx_out_of_order", "Segments placed ahead of a gap."},
    CounterInfo{"rx_gaps_exhausted", "Segments ahead of a gap that were dropped because all gap records were in use."},
    CounterInfo{"rx_duplicates", "Segments with no new byte."},
    CounterInfo{"rx_outside_window", "Segments outside the receive window."},
    CounterInfo{"rx_challenge_acks", "Challenge ACKs asked for (RFC 5961)."},
    CounterInfo{"rx_no_connection", "Segments that belong to no connection."},
    CounterInfo{"rx_duplicate_acks", "Duplicate ACKs counted (RFC 5681)."},
    CounterInfo{"conn_opened_active", "Active opens begun."},
    CounterInfo{"conn_opened_passive", "Passive opens begun."},
    CounterInfo{"conn_established", "Handshakes completed."},
    CounterInfo{"conn_closed", "Connections freed."},
    CounterInfo{"conn_timed_out", "Connections ended because retransmissions were not answered."},
    CounterInfo{"syn_no_listener", "SYN segments for a port on which nobody listens."},
    CounterInfo{"syn_backlog_full", "SYN segments and ACKs of SYN cookies dropped because the listener had no connection in LISTEN, or because more came than the card looks at."},
    CounterInfo{"time_wait_recycled", "Connections taken out of TIME-WAIT early because none was free."},
    CounterInfo{"sq_entries", "Submission entries executed."},
    CounterInfo{"sq_refused", "Submission entries refused."},
    CounterInfo{"cq_entries", "Completion entries written."},
    CounterInfo{"cq_stalls", "Times a report waited because its completion ring was full."},
    CounterInfo{"rx_paws_rejected", "Segments dropped for an old timestamp (RFC 7323 5) or for want of one (RFC 7323 3.2)."},
    CounterInfo{"rx_sack_blocks", "Segments that carried selective acknowledgements."},
    CounterInfo{"rx_dsack", "Segments that reported data received twice (RFC 2883)."},
    CounterInfo{"tx_dsack", "Reports of data received twice."},
    CounterInfo{"tx_sack_retransmits", "Retransmissions into holes between selectively acknowledged data."},
    CounterInfo{"tx_loss_probes", "Tail loss probes (RFC 8985 7)."},
    CounterInfo{"tx_undone", "Loss recoveries that turned out spurious and were undone (RFC 3522, RFC 4015)."},
    CounterInfo{"tx_idle_restarts", "Times the congestion window was reduced after idle time (RFC 2861)."},
    CounterInfo{"tx_keepalives", "Keep-alive probes sent."},
    CounterInfo{"conn_user_timeout", "Connections ended by the user timeout or unanswered keep-alive probes."},
    CounterInfo{"rx_ce", "Segments received with the mark Congestion Experienced (RFC 3168)."},
    CounterInfo{"rx_ece", "Segments received that echo congestion."},
    CounterInfo{"rx_challenge_limited", "Challenge ACKs not sent because of their rate."},
    CounterInfo{"rx_icmp_errors", "ICMP errors that name a connection of this card."},
    CounterInfo{"pmtu_reduced", "Times an ICMP message or a black hole reduced a connection's segment size."},
    CounterInfo{"syn_cookies_sent", "SYN segments answered with a cookie."},
    CounterInfo{"syn_cookies_taken", "Connections made from a valid cookie."},
    CounterInfo{"time_wait_reused", "Connections in TIME-WAIT replaced by a new SYN (RFC 6191)."},
    CounterInfo{"rx_icmp6_nd", "Neighbour discovery messages taken (RFC 4861)."},
    CounterInfo{"tx_icmp6_solicits", "Neighbour solicitations sent."},
    CounterInfo{"rx_dropped_ip6", "IPv6 packets dropped: header, length, extension headers, foreign address, or neither TCP nor an ICMPv6 message the card takes."},
};

/// Opcodes update and abort. Repeating or merging such entries is harmless.
struct UpdateEntry {
  std::uint8_t opcode;  ///< opcode
  std::uint8_t flags;  ///< submission_flag
  std::uint16_t reserved0;  ///< zero
  std::uint32_t connection_id;  ///< index in bits 15:0, generation in bits 31:24
  std::uint32_t sent_up_to;  ///< stream offset modulo 2^32 up to which the transmit ring is filled
  std::uint32_t consumed_up_to;  ///< stream offset modulo 2^32 up to which the receive ring is free again
  std::uint64_t reserved1;  ///< zero
  std::uint64_t reserved2;  ///< zero
};
static_assert(sizeof(UpdateEntry) == kEntryBytes);
static_assert(offsetof(UpdateEntry, opcode) == 0);
static_assert(offsetof(UpdateEntry, flags) == 1);
static_assert(offsetof(UpdateEntry, reserved0) == 2);
static_assert(offsetof(UpdateEntry, connection_id) == 4);
static_assert(offsetof(UpdateEntry, sent_up_to) == 8);
static_assert(offsetof(UpdateEntry, consumed_up_to) == 12);
static_assert(offsetof(UpdateEntry, reserved1) == 16);
static_assert(offsetof(UpdateEntry, reserved2) == 24);

/// Opcodes connect and accept: a connection with its two slots.
struct OpenEntry {
  std::uint8_t opcode;  ///< opcode
  std::uint8_t flags;  ///< submission_flag
  std::uint8_t tx_size_log2;  ///< log2 of the transmit ring's bytes
  std::uint8_t rx_size_log2;  ///< log2 of the receive ring's bytes
  std::uint32_t listener_id;  ///< accept: the listener; connect: zero
  std::uint32_t cookie;  ///< the host's name for the connection, returned in every report
  std::uint32_t remote_ip;  ///< connect: IPv4 address of the peer, first octet in bits 31:24; not looked at with the flag ipv6
  std::uint16_t remote_port;  ///< connect: TCP port of the peer
  std::uint16_t local_port;  ///< connect: own TCP port; 0 lets the card choose (RFC 6056)
  std::uint8_t tx_region;  ///< region of the transmit ring
  std::uint8_t rx_region;  ///< region of the receive ring
  std::uint8_t options;  ///< connection_option from the start
  std::uint8_t congestion_control;  ///< 0: as the register congestion_control says; n + 1: its algorithm n
  std::uint32_t tx_slot;  ///< slot number: the ring begins at region base + slot * size
  std::uint32_t rx_slot;  ///< slot number of the receive ring
};
static_assert(sizeof(OpenEntry) == kEntryBytes);
static_assert(offsetof(OpenEntry, opcode) == 0);
static_assert(offsetof(OpenEntry, flags) == 1);
static_assert(offsetof(OpenEntry, tx_size_log2) == 2);
static_assert(offsetof(OpenEntry, rx_size_log2) == 3);
static_assert(offsetof(OpenEntry, listener_id) == 4);
static_assert(offsetof(OpenEntry, cookie) == 8);
static_assert(offsetof(OpenEntry, remote_ip) == 12);
static_assert(offsetof(OpenEntry, remote_port) == 16);
static_assert(offsetof(OpenEntry, local_port) == 18);
static_assert(offsetof(OpenEntry, tx_region) == 20);
static_assert(offsetof(OpenEntry, rx_region) == 21);
static_assert(offsetof(OpenEntry, options) == 22);
static_assert(offsetof(OpenEntry, congestion_control) == 23);
static_assert(offsetof(OpenEntry, tx_slot) == 24);
static_assert(offsetof(OpenEntry, rx_slot) == 28);

/// Opcodes listen and unlisten.
struct ListenEntry {
  std::uint8_t opcode;  ///< opcode
  std::uint8_t flags;  ///< submission_flag
  std::uint16_t local_port;  ///< listen: the TCP port, not zero
  std::uint32_t listener_id;  ///< unlisten: the listener
  std::uint32_t cookie;  ///< returned in the response
  std::uint32_t reserved0;  ///< zero
  std::uint64_t reserved1;  ///< zero
  std::uint64_t reserved2;  ///< zero
};
static_assert(sizeof(ListenEntry) == kEntryBytes);
static_assert(offsetof(ListenEntry, opcode) == 0);
static_assert(offsetof(ListenEntry, flags) == 1);
static_assert(offsetof(ListenEntry, local_port) == 2);
static_assert(offsetof(ListenEntry, listener_id) == 4);
static_assert(offsetof(ListenEntry, cookie) == 8);
static_assert(offsetof(ListenEntry, reserved0) == 12);
static_assert(offsetof(ListenEntry, reserved1) == 16);
static_assert(offsetof(ListenEntry, reserved2) == 24);

/// Opcode address.
struct AddressEntry {
  std::uint8_t opcode;  ///< opcode
  std::uint8_t flags;  ///< submission_flag
  std::uint16_t reserved0;  ///< zero
  std::uint32_t reserved1;  ///< zero
  std::uint32_t cookie;  ///< returned if the entry is refused
  std::uint32_t ipv6_3;  ///< bits 31:0 of the address, its last octet in bits 7:0
  std::uint32_t ipv6_2;  ///< bits 63:32
  std::uint32_t ipv6_1;  ///< bits 95:64
  std::uint32_t ipv6_0;  ///< bits 127:96
  std::uint32_t reserved2;  ///< zero
};
static_assert(sizeof(AddressEntry) == kEntryBytes);
static_assert(offsetof(AddressEntry, opcode) == 0);
static_assert(offsetof(AddressEntry, flags) == 1);
static_assert(offsetof(AddressEntry, reserved0) == 2);
static_assert(offsetof(AddressEntry, reserved1) == 4);
static_assert(offsetof(AddressEntry, cookie) == 8);
static_assert(offsetof(AddressEntry, ipv6_3) == 12);
static_assert(offsetof(AddressEntry, ipv6_2) == 16);
static_assert(offsetof(AddressEntry, ipv6_1) == 20);
static_assert(offsetof(AddressEntry, ipv6_0) == 24);
static_assert(offsetof(AddressEntry, reserved2) == 28);

/// Opcode set: replaces what the connection was opened with.
struct OptionsEntry {
  std::uint8_t opcode;  ///< opcode
  std::uint8_t flags;  ///< submission_flag
  std::uint8_t options;  ///< connection_option
  std::uint8_t congestion_control;  ///< 0: as the register congestion_control says; n + 1: its algorithm n
  std::uint32_t connection_id;  ///< index in bits 15:0, generation in bits 31:24
  std::uint32_t cookie;  ///< returned if the entry is refused
  std::uint32_t user_timeout;  ///< ticks of 1,024 us; 0 means the register's
  std::uint64_t reserved0;  ///< zero
  std::uint64_t reserved1;  ///< zero
};
static_assert(sizeof(OptionsEntry) == kEntryBytes);
static_assert(offsetof(OptionsEntry, opcode) == 0);
static_assert(offsetof(OptionsEntry, flags) == 1);
static_assert(offsetof(OptionsEntry, options) == 2);
static_assert(offsetof(OptionsEntry, congestion_control) == 3);
static_assert(offsetof(OptionsEntry, connection_id) == 4);
static_assert(offsetof(OptionsEntry, cookie) == 8);
static_assert(offsetof(OptionsEntry, user_timeout) == 12);
static_assert(offsetof(OptionsEntry, reserved0) == 16);
static_assert(offsetof(OptionsEntry, reserved1) == 24);

/// Report of a connection, or response to an entry.
struct CompletionEntry {
  std::uint8_t kind;  ///< completion_kind
  std::uint8_t flags;  ///< completion_flag
  std::uint8_t state;  ///< report: tcp_state
  std::uint8_t status;  ///< status; in a report the reason of the end, valid with final
  std::uint32_t connection_id;  ///< report: the connection; response to listen: the listener; refused entry: what it named
  std::uint32_t cookie;  ///< the host's name from connect, accept or listen; 0 for a refused update
  std::uint32_t received_up_to;  ///< stream offset modulo 2^32 up to which the receive ring holds data in order
  std::uint32_t acked_up_to;  ///< stream offset modulo 2^32 up to which the peer acknowledged: the transmit ring is free to there
  std::uint32_t remote_ip;  ///< IPv4 address of the peer; 0 if it has an IPv6 address
  std::uint16_t remote_port;  ///< TCP port of the peer
  std::uint16_t local_port;  ///< own TCP port
  std::uint16_t sq_head;  ///< submission entries consumed so far, modulo 2^16
  std::uint16_t detail;  ///< response: the opcode it answers
};
static_assert(sizeof(CompletionEntry) == kEntryBytes);
static_assert(offsetof(CompletionEntry, kind) == 0);
static_assert(offsetof(CompletionEntry, flags) == 1);
static_assert(offsetof(CompletionEntry, state) == 2);
static_assert(offsetof(CompletionEntry, status) == 3);
static_assert(offsetof(CompletionEntry, connection_id) == 4);
static_assert(offsetof(CompletionEntry, cookie) == 8);
static_assert(offsetof(CompletionEntry, received_up_to) == 12);
static_assert(offsetof(CompletionEntry, acked_up_to) == 16);
static_assert(offsetof(CompletionEntry, remote_ip) == 20);
static_assert(offsetof(CompletionEntry, remote_port) == 24);
static_assert(offsetof(CompletionEntry, local_port) == 26);
static_assert(offsetof(CompletionEntry, sq_head) == 28);
static_assert(offsetof(CompletionEntry, detail) == 30);

/// Kind peer.
struct PeerEntry {
  std::uint8_t kind;  ///< completion_kind
  std::uint8_t flags;  ///< completion_flag: phase alone
  std::uint8_t family;  ///< 4 or 6
  std::uint8_t reserved0;  ///< zero
  std::uint16_t remote_port;  ///< TCP port of the peer
  std::uint16_t local_port;  ///< own TCP port
  std::uint32_t cookie;  ///< the host's name from accept
  std::uint32_t address_3;  ///< bits 31:0 of the address, its last octet in bits 7:0; an IPv4 address is written as an IPv4-mapped one (RFC 4291 2.5.5.2)
  std::uint32_t address_2;  ///< bits 63:32
  std::uint32_t address_1;  ///< bits 95:64
  std::uint32_t address_0;  ///< bits 127:96
  std::uint16_t sq_head;  ///< submission entries consumed so far, modulo 2^16
  std::uint16_t reserved1;  ///< zero
};
static_assert(sizeof(PeerEntry) == kEntryBytes);
static_assert(offsetof(PeerEntry, kind) == 0);
static_assert(offsetof(PeerEntry, flags) == 1);
static_assert(offsetof(PeerEntry, family) == 2);
static_assert(offsetof(PeerEntry, reserved0) == 3);
static_assert(offsetof(PeerEntry, remote_port) == 4);
static_assert(offsetof(PeerEntry, local_port) == 6);
static_assert(offsetof(PeerEntry, cookie) == 8);
static_assert(offsetof(PeerEntry, address_3) == 12);
static_assert(offsetof(PeerEntry, address_2) == 16);
static_assert(offsetof(PeerEntry, address_1) == 20);
static_assert(offsetof(PeerEntry, address_0) == 24);
static_assert(offsetof(PeerEntry, sq_head) == 28);
static_assert(offsetof(PeerEntry, reserved1) == 30);

/// What a status means and what to do about it.
struct StatusInfo {
  Status status;
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;
};
inline constexpr std::array kStatuses = {
    StatusInfo{Status::kOk, "ok", "Success, or an orderly end.", "Nothing to do."},
    StatusInfo{Status::kRefused, "refused", "The peer answered SYN with RST.", "Check that something listens on that port."},
    StatusInfo{Status::kReset, "reset", "The peer reset the connection.", "Look at the peer; connect anew."},
    StatusInfo{Status::kTimedOut, "timed_out", "Retransmissions were not answered.", "Check the path to the peer."},
    StatusInfo{Status::kAborted, "aborted", "This host aborted the connection.", "Nothing to do."},
    StatusInfo{Status::kNoConnection, "no_connection", "All connections of the card are in use.", "Close some, or build the card with more."},
    StatusInfo{Status::kAddressInUse, "address_in_use", "The port or four-tuple is taken.", "Choose another local port."},
    StatusInfo{Status::kBadOpcode, "bad_opcode", "Unknown opcode.", "A driver error: report it."},
    StatusInfo{Status::kBadRegion, "bad_region", "Region not registered, or not for this queue pair.", "A driver error: report it."},
    StatusInfo{Status::kBadSlot, "bad_slot", "Slot outside its region, or size outside 4 KiB to 16 MiB.", "A driver error: report it."},
    StatusInfo{Status::kBadConnection, "bad_connection", "No such connection, a stale identifier, or another queue pair's.", "Stale entries after a final report are harmless."},
    StatusInfo{Status::kBadListener, "bad_listener", "No such listener, or another queue pair's.", "A driver error: report it."},
    StatusInfo{Status::kNoListener, "no_listener", "All listeners are in use.", "Close some."},
    StatusInfo{Status::kListenerClosed, "listener_closed", "The listener of a connection in LISTEN was closed.", "Nothing to do."},
    StatusInfo{Status::kBadPhase, "bad_phase", "The entry's phase bit contradicts the doorbell.", "A driver error: report it."},
    StatusInfo{Status::kUnreachable, "unreachable", "The network said that the peer cannot be reached.", "Check address and routes."},
    StatusInfo{Status::kBadAddress, "bad_address", "No single host can have that address (RFC 9293 MUST-46), or no IPv6 address was named before.", "Connect to a unicast address."},
    StatusInfo{Status::kBadOption, "bad_option", "An option or congestion control that this card does not know.", "A driver error: report it."},
};

}  // namespace millrace::contract
