// SPDX-License-Identifier: Apache-2.0
// Generated from hw/contract/toe.toml by hw/contract/generate.py; do not edit.
// Registers, ring entries and codes of the contract, for the card.

/* verilator lint_off UNUSEDPARAM */
package toe_contract_pkg;

  localparam logic [63:0] ContractHash = 64'h6c70d4e1fe75b543;
  localparam int unsigned ContractRevision = 2;

  // Bits of a connection index; at most 65,536 connections on a card.
  localparam int unsigned ConnIndexBits = 16;
  // Bits of a connection's generation, which makes stale identifiers refusable.
  localparam int unsigned GenerationBits = 8;
  // Bytes of every ring entry.
  localparam int unsigned EntryBytes = 32;
  // Smallest slot: 4 KiB.
  localparam int unsigned SlotLog2Min = 12;
  // Largest slot: 16 MiB.
  localparam int unsigned SlotLog2Max = 24;
  // Smallest ring: 16 entries.
  localparam int unsigned RingLog2Min = 4;
  // Largest ring: 32,768 entries.
  localparam int unsigned RingLog2Max = 15;
  // Memory regions that can be registered.
  localparam int unsigned Regions = 16;
  // Listening ports a card can hold.
  localparam int unsigned Listeners = 64;
  // Largest number of queue pairs that a card can be built with.
  localparam int unsigned QueuePairsMax = 16;
  // Register offset of queue pair 0's doorbell page.
  localparam int unsigned DoorbellBase = 65536;
  // Bytes from one queue pair's doorbell page to the next; a page, so that it can be mapped into one process alone.
  localparam int unsigned DoorbellStride = 4096;
  // Register offset of counter 0; counter n is at counter_base + 4 n.
  localparam int unsigned CounterBase = 1024;

  localparam logic [15:0] RegId = 16'h0000;
  localparam logic [15:0] RegContractHashLo = 16'h0004;
  localparam logic [15:0] RegContractHashHi = 16'h0008;
  localparam logic [15:0] RegContractRevision = 16'h000c;
  localparam logic [15:0] RegLimitConnections = 16'h0010;
  localparam logic [15:0] RegLimitQueuePairs = 16'h0014;
  localparam logic [15:0] RegLimitRegions = 16'h0018;
  localparam logic [15:0] RegLimitListeners = 16'h001c;
  localparam logic [15:0] RegControl = 16'h0020;
  localparam logic [31:0] ResetControl = 32'h00000000;
  localparam logic [15:0] RegStatus = 16'h0024;
  localparam logic [15:0] RegNowUs = 16'h0028;
  localparam logic [15:0] RegFreeConnections = 16'h002c;
  localparam logic [15:0] RegMacLo = 16'h0030;
  localparam logic [31:0] ResetMacLo = 32'h00000000;
  localparam logic [15:0] RegMacHi = 16'h0034;
  localparam logic [31:0] ResetMacHi = 32'h00000000;
  localparam logic [15:0] RegIpv4 = 16'h0038;
  localparam logic [31:0] ResetIpv4 = 32'h00000000;
  localparam logic [15:0] RegNetmask = 16'h003c;
  localparam logic [31:0] ResetNetmask = 32'hffffff00;
  localparam logic [15:0] RegGateway = 16'h0040;
  localparam logic [31:0] ResetGateway = 32'h00000000;
  localparam logic [15:0] RegMss = 16'h0044;
  localparam logic [31:0] ResetMss = 32'h000005b4;
  localparam logic [15:0] RegInitialWindow = 16'h0048;
  localparam logic [31:0] ResetInitialWindow = 32'h0000000a;
  localparam logic [15:0] RegDelayedAckUs = 16'h004c;
  localparam logic [31:0] ResetDelayedAckUs = 32'h00009c40;
  localparam logic [15:0] RegRtoInitialUs = 16'h0050;
  localparam logic [31:0] ResetRtoInitialUs = 32'h000f4240;
  localparam logic [15:0] RegRtoMinUs = 16'h0054;
  localparam logic [31:0] ResetRtoMinUs = 32'h00030d40;
  localparam logic [15:0] RegRtoMaxUs = 16'h0058;
  localparam logic [31:0] ResetRtoMaxUs = 32'h03938700;
  localparam logic [15:0] RegRetriesMax = 16'h005c;
  localparam logic [31:0] ResetRetriesMax = 32'h0000000f;
  localparam logic [15:0] RegSynRetriesMax = 16'h0060;
  localparam logic [31:0] ResetSynRetriesMax = 32'h00000006;
  localparam logic [15:0] RegTimeWaitUs = 16'h0064;
  localparam logic [31:0] ResetTimeWaitUs = 32'h03938700;
  localparam logic [15:0] RegArpAgeUs = 16'h0068;
  localparam logic [31:0] ResetArpAgeUs = 32'h03938700;
  localparam logic [15:0] RegSecret0 = 16'h0080;
  localparam logic [31:0] ResetSecret0 = 32'h00000000;
  localparam logic [15:0] RegSecret1 = 16'h0084;
  localparam logic [31:0] ResetSecret1 = 32'h00000000;
  localparam logic [15:0] RegSecret2 = 16'h0088;
  localparam logic [31:0] ResetSecret2 = 32'h00000000;
  localparam logic [15:0] RegSecret3 = 16'h008c;
  localparam logic [31:0] ResetSecret3 = 32'h00000000;
  localparam logic [15:0] RegHashKey0 = 16'h0090;
  localparam logic [31:0] ResetHashKey0 = 32'h6d5a56da;
  localparam logic [15:0] RegHashKey1 = 16'h0094;
  localparam logic [31:0] ResetHashKey1 = 32'h255b0ec2;
  localparam logic [15:0] RegHashKey2 = 16'h0098;
  localparam logic [31:0] ResetHashKey2 = 32'h4167253d;
  localparam logic [15:0] RegHashKey3 = 16'h009c;
  localparam logic [31:0] ResetHashKey3 = 32'h43a38fb0;
  localparam logic [15:0] RegRegionBaseLo = 16'h00a0;
  localparam logic [31:0] ResetRegionBaseLo = 32'h00000000;
  localparam logic [15:0] RegRegionBaseHi = 16'h00a4;
  localparam logic [31:0] ResetRegionBaseHi = 32'h00000000;
  localparam logic [15:0] RegRegionPages = 16'h00a8;
  localparam logic [31:0] ResetRegionPages = 32'h00000000;
  localparam logic [15:0] RegRegionCommit = 16'h00ac;
  localparam logic [31:0] ResetRegionCommit = 32'h00000000;
  localparam logic [15:0] RegQpSqBaseLo = 16'h00c0;
  localparam logic [31:0] ResetQpSqBaseLo = 32'h00000000;
  localparam logic [15:0] RegQpSqBaseHi = 16'h00c4;
  localparam logic [31:0] ResetQpSqBaseHi = 32'h00000000;
  localparam logic [15:0] RegQpCqBaseLo = 16'h00c8;
  localparam logic [31:0] ResetQpCqBaseLo = 32'h00000000;
  localparam logic [15:0] RegQpCqBaseHi = 16'h00cc;
  localparam logic [31:0] ResetQpCqBaseHi = 32'h00000000;
  localparam logic [15:0] RegQpStatusLo = 16'h00d0;
  localparam logic [31:0] ResetQpStatusLo = 32'h00000000;
  localparam logic [15:0] RegQpStatusHi = 16'h00d4;
  localparam logic [31:0] ResetQpStatusHi = 32'h00000000;
  localparam logic [15:0] RegQpSizes = 16'h00d8;
  localparam logic [31:0] ResetQpSizes = 32'h00000000;
  localparam logic [15:0] RegQpCommit = 16'h00dc;
  localparam logic [31:0] ResetQpCommit = 32'h00000000;
  localparam logic [15:0] RegTcpOptions = 16'h0100;
  localparam logic [31:0] ResetTcpOptions = 32'h000000af;
  localparam logic [15:0] RegCongestionControl = 16'h0104;
  localparam logic [31:0] ResetCongestionControl = 32'h00000001;
  localparam logic [15:0] RegDupAckThreshold = 16'h0108;
  localparam logic [31:0] ResetDupAckThreshold = 32'h00000003;
  localparam logic [15:0] RegTimestampShift = 16'h010c;
  localparam logic [31:0] ResetTimestampShift = 32'h0000000a;
  localparam logic [15:0] RegKeepaliveIdle = 16'h0110;
  localparam logic [31:0] ResetKeepaliveIdle = 32'h006b49d2;
  localparam logic [15:0] RegKeepaliveInterval = 16'h0114;
  localparam logic [31:0] ResetKeepaliveInterval = 32'h00011e1a;
  localparam logic [15:0] RegKeepaliveProbes = 16'h0118;
  localparam logic [31:0] ResetKeepaliveProbes = 32'h00000009;
  localparam logic [15:0] RegUserTimeout = 16'h011c;
  localparam logic [31:0] ResetUserTimeout = 32'h00000000;
  localparam logic [15:0] RegChallengeAckRate = 16'h0120;
  localparam logic [31:0] ResetChallengeAckRate = 32'h000003e8;
  localparam logic [15:0] RegSynCookies = 16'h0124;
  localparam logic [31:0] ResetSynCookies = 32'h00000001;
  localparam logic [15:0] RegPmtuFloor = 16'h0128;
  localparam logic [31:0] ResetPmtuFloor = 32'h00000228;
  localparam logic [15:0] RegTimeToLive = 16'h012c;
  localparam logic [31:0] ResetTimeToLive = 32'h00000040;
  localparam logic [15:0] RegVlan = 16'h0130;
  localparam logic [31:0] ResetVlan = 32'h00000000;
  localparam logic [15:0] RegIpv60 = 16'h0140;
  localparam logic [31:0] ResetIpv60 = 32'h00000000;
  localparam logic [15:0] RegIpv61 = 16'h0144;
  localparam logic [31:0] ResetIpv61 = 32'h00000000;
  localparam logic [15:0] RegIpv62 = 16'h0148;
  localparam logic [31:0] ResetIpv62 = 32'h00000000;
  localparam logic [15:0] RegIpv63 = 16'h014c;
  localparam logic [31:0] ResetIpv63 = 32'h00000000;
  localparam logic [15:0] RegIpv6PrefixLength = 16'h0150;
  localparam logic [31:0] ResetIpv6PrefixLength = 32'h00000040;
  localparam logic [15:0] RegIpv6Gateway0 = 16'h0160;
  localparam logic [31:0] ResetIpv6Gateway0 = 32'h00000000;
  localparam logic [15:0] RegIpv6Gateway1 = 16'h0164;
  localparam logic [31:0] ResetIpv6Gateway1 = 32'h00000000;
  localparam logic [15:0] RegIpv6Gateway2 = 16'h0168;
  localparam logic [31:0] ResetIpv6Gateway2 = 32'h00000000;
  localparam logic [15:0] RegIpv6Gateway3 = 16'h016c;
  localparam logic [31:0] ResetIpv6Gateway3 = 32'h00000000;

  localparam logic [7:0] OpcodeNop = 8'd0;
  localparam logic [7:0] OpcodeUpdate = 8'd1;
  localparam logic [7:0] OpcodeConnect = 8'd2;
  localparam logic [7:0] OpcodeListen = 8'd3;
  localparam logic [7:0] OpcodeAccept = 8'd4;
  localparam logic [7:0] OpcodeUnlisten = 8'd5;
  localparam logic [7:0] OpcodeAbort = 8'd6;
  localparam logic [7:0] OpcodeAddress = 8'd7;
  localparam logic [7:0] OpcodeSet = 8'd8;

  localparam logic [7:0] SubmissionFlagFin = 8'd1;
  localparam logic [7:0] SubmissionFlagIpv6 = 8'd2;
  localparam logic [7:0] SubmissionFlagPhase = 8'd128;

  localparam logic [7:0] ConnectionOptionNodelay = 8'd1;
  localparam logic [7:0] ConnectionOptionKeepalive = 8'd2;
  localparam logic [7:0] ConnectionOptionQuickack = 8'd4;

  localparam logic [1:0] CongestionControlNewreno = 2'd0;
  localparam logic [1:0] CongestionControlCubic = 2'd1;
  localparam logic [1:0] CongestionControlDctcp = 2'd2;

  localparam logic [31:0] TcpOptionWindowScale = 32'd1;
  localparam logic [31:0] TcpOptionTimestamps = 32'd2;
  localparam logic [31:0] TcpOptionSack = 32'd4;
  localparam logic [31:0] TcpOptionEcnAccept = 32'd8;
  localparam logic [31:0] TcpOptionEcnRequest = 32'd16;
  localparam logic [31:0] TcpOptionBlackHoleProbe = 32'd32;
  localparam logic [31:0] TcpOptionOptionOrder = 32'd64;
  localparam logic [31:0] TcpOptionTimeWaitReuse = 32'd128;

  localparam logic [7:0] CompletionKindReport = 8'd1;
  localparam logic [7:0] CompletionKindResponse = 8'd2;
  localparam logic [7:0] CompletionKindPeer = 8'd3;

  localparam logic [7:0] CompletionFlagEstablished = 8'd1;
  localparam logic [7:0] CompletionFlagFinReceived = 8'd2;
  localparam logic [7:0] CompletionFlagFinAcked = 8'd4;
  localparam logic [7:0] CompletionFlagFinal = 8'd8;
  localparam logic [7:0] CompletionFlagBadOffset = 8'd16;
  localparam logic [7:0] CompletionFlagPhase = 8'd128;

  localparam logic [7:0] StatusOk = 8'd0;
  localparam logic [7:0] StatusRefused = 8'd1;
  localparam logic [7:0] StatusReset = 8'd2;
  localparam logic [7:0] StatusTimedOut = 8'd3;
  localparam logic [7:0] StatusAborted = 8'd4;
  localparam logic [7:0] StatusNoConnection = 8'd5;
  localparam logic [7:0] StatusAddressInUse = 8'd6;
  localparam logic [7:0] StatusBadOpcode = 8'd7;
  localparam logic [7:0] StatusBadRegion = 8'd8;
  localparam logic [7:0] StatusBadSlot = 8'd9;
  localparam logic [7:0] StatusBadConnection = 8'd10;
  localparam logic [7:0] StatusBadListener = 8'd11;
  localparam logic [7:0] StatusNoListener = 8'd12;
  localparam logic [7:0] StatusListenerClosed = 8'd13;
  localparam logic [7:0] StatusBadPhase = 8'd14;
  localparam logic [7:0] StatusUnreachable = 8'd15;
  localparam logic [7:0] StatusBadAddress = 8'd16;
  localparam logic [7:0] StatusBadOption = 8'd17;

  localparam logic [3:0] TcpStateClosed = 4'd0;
  localparam logic [3:0] TcpStateListen = 4'd1;
  localparam logic [3:0] TcpStateSynSent = 4'd2;
  localparam logic [3:0] TcpStateSynReceived = 4'd3;
  localparam logic [3:0] TcpStateEstablished = 4'd4;
  localparam logic [3:0] TcpStateFinWait1 = 4'd5;
  localparam logic [3:0] TcpStateFinWait2 = 4'd6;
  localparam logic [3:0] TcpStateCloseWait = 4'd7;
  localparam logic [3:0] TcpStateClosing = 4'd8;
  localparam logic [3:0] TcpStateLastAck = 4'd9;
  localparam logic [3:0] TcpStateTimeWait = 4'd10;

  localparam int unsigned CounterRxFrames = 0;
  localparam int unsigned CounterRxTcpSegments = 1;
  localparam int unsigned CounterRxDroppedEth = 2;
  localparam int unsigned CounterRxDroppedIp = 3;
  localparam int unsigned CounterRxDroppedTcp = 4;
  localparam int unsigned CounterRxDroppedOverrun = 5;
  localparam int unsigned CounterRxIcmpEcho = 6;
  localparam int unsigned CounterRxArp = 7;
  localparam int unsigned CounterTxFrames = 8;
  localparam int unsigned CounterTxTcpSegments = 9;
  localparam int unsigned CounterTxArpRequests = 10;
  localparam int unsigned CounterTxDroppedUnresolved = 11;
  localparam int unsigned CounterTxRetransmits = 12;
  localparam int unsigned CounterTxRto = 13;
  localparam int unsigned CounterTxFastRetransmits = 14;
  localparam int unsigned CounterTxWindowProbes = 15;
  localparam int unsigned CounterTxResets = 16;
  localparam int unsigned CounterRxResets = 17;
  localparam int unsigned CounterRxOutOfOrder = 18;
  localparam int unsigned CounterRxGapsExhausted = 19;
  localparam int unsigned CounterRxDuplicates = 20;
  localparam int unsigned CounterRxOutsideWindow = 21;
  localparam int unsigned CounterRxChallengeAcks = 22;
  localparam int unsigned CounterRxNoConnection = 23;
  localparam int unsigned CounterRxDuplicateAcks = 24;
  localparam int unsigned CounterConnOpenedActive = 25;
  localparam int unsigned CounterConnOpenedPassive = 26;
  localparam int unsigned CounterConnEstablished = 27;
  localparam int unsigned CounterConnClosed = 28;
  localparam int unsigned CounterConnTimedOut = 29;
  localparam int unsigned CounterSynNoListener = 30;
  localparam int unsigned CounterSynBacklogFull = 31;
  localparam int unsigned CounterTimeWaitRecycled = 32;
  localparam int unsigned CounterSqEntries = 33;
  localparam int unsigned CounterSqRefused = 34;
  localparam int unsigned CounterCqEntries = 35;
  localparam int unsigned CounterCqStalls = 36;
  localparam int unsigned CounterRxPawsRejected = 37;
  localparam int unsigned CounterRxSackBlocks = 38;
  localparam int unsigned CounterRxDsack = 39;
  localparam int unsigned CounterTxDsack = 40;
  localparam int unsigned CounterTxSackRetransmits = 41;
  localparam int unsigned CounterTxLossProbes = 42;
  localparam int unsigned CounterTxUndone = 43;
  localparam int unsigned CounterTxIdleRestarts = 44;
  localparam int unsigned CounterTxKeepalives = 45;
  localparam int unsigned CounterConnUserTimeout = 46;
  localparam int unsigned CounterRxCe = 47;
  localparam int unsigned CounterRxEce = 48;
  localparam int unsigned CounterRxChallengeLimited = 49;
  localparam int unsigned CounterRxIcmpErrors = 50;
  localparam int unsigned CounterPmtuReduced = 51;
  localparam int unsigned CounterSynCookiesSent = 52;
  localparam int unsigned CounterSynCookiesTaken = 53;
  localparam int unsigned CounterTimeWaitReused = 54;
  localparam int unsigned CounterRxIcmp6Nd = 55;
  localparam int unsigned CounterTxIcmp6Solicits = 56;
  localparam int unsigned CounterRxDroppedIp6 = 57;
  localparam int unsigned Counters = 58;

  // Opcodes update and abort. Repeating or merging such entries is harmless.
  typedef struct packed {
    logic [63:0] reserved2;
    logic [63:0] reserved1;
    logic [31:0] consumed_up_to;
    logic [31:0] sent_up_to;
    logic [31:0] connection_id;
    logic [15:0] reserved0;
    logic [7:0] flags;
    logic [7:0] opcode;
  } update_entry_t;

  // Opcodes connect and accept: a connection with its two slots.
  typedef struct packed {
    logic [31:0] rx_slot;
    logic [31:0] tx_slot;
    logic [7:0] congestion_control;
    logic [7:0] options;
    logic [7:0] rx_region;
    logic [7:0] tx_region;
    logic [15:0] local_port;
    logic [15:0] remote_port;
    logic [31:0] remote_ip;
    logic [31:0] cookie;
    logic [31:0] listener_id;
    logic [7:0] rx_size_log2;
    logic [7:0] tx_size_log2;
    logic [7:0] flags;
    logic [7:0] opcode;
  } open_entry_t;

  // Opcodes listen and unlisten.
  typedef struct packed {
    logic [63:0] reserved2;
    logic [63:0] reserved1;
    logic [31:0] reserved0;
    logic [31:0] cookie;
    logic [31:0] listener_id;
    logic [15:0] local_port;
    logic [7:0] flags;
    logic [7:0] opcode;
  } listen_entry_t;

  // Opcode address.
  typedef struct packed {
    logic [31:0] reserved2;
    logic [31:0] ipv6_0;
    logic [31:0] ipv6_1;
    logic [31:0] ipv6_2;
    logic [31:0] ipv6_3;
    logic [31:0] cookie;
    logic [31:0] reserved1;
    logic [15:0] reserved0;
    logic [7:0] flags;
    logic [7:0] opcode;
  } address_entry_t;

  // Opcode set: replaces what the connection was opened with.
  typedef struct packed {
    logic [63:0] reserved1;
    logic [63:0] reserved0;
    logic [31:0] user_timeout;
    logic [31:0] cookie;
    logic [31:0] connection_id;
    logic [7:0] congestion_control;
    logic [7:0] options;
    logic [7:0] flags;
    logic [7:0] opcode;
  } options_entry_t;

  // Report of a connection, or response to an entry.
  typedef struct packed {
    logic [15:0] detail;
    logic [15:0] sq_head;
    logic [15:0] local_port;
    logic [15:0] remote_port;
    logic [31:0] remote_ip;
    logic [31:0] acked_up_to;
    logic [31:0] received_up_to;
    logic [31:0] cookie;
    logic [31:0] connection_id;
    logic [7:0] status;
    logic [7:0] state;
    logic [7:0] flags;
    logic [7:0] kind;
  } completion_entry_t;

  // Kind peer.
  typedef struct packed {
    logic [15:0] reserved1;
    logic [15:0] sq_head;
    logic [31:0] address_0;
    logic [31:0] address_1;
    logic [31:0] address_2;
    logic [31:0] address_3;
    logic [31:0] cookie;
    logic [15:0] local_port;
    logic [15:0] remote_port;
    logic [7:0] reserved0;
    logic [7:0] family;
    logic [7:0] flags;
    logic [7:0] kind;
  } peer_entry_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
