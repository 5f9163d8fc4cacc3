// SPDX-License-Identifier: Apache-2.0
// Registers and doorbells (AXI4-Lite, one access at a time, always OKAY). Holds the policy
// registers and the counters; region and queue pair commits and doorbells leave as one-clock
// pulses, whose readers keep the tables. STATUS.idle is the value from before the read, since a
// read itself is no idleness.

module toe_csr #(
  parameter int unsigned Connections = 1024,
  parameter int unsigned QueuePairs = 8
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  // AXI4-Lite
  input  logic [19:0]       s_axil_awaddr_i,
  input  logic              s_axil_awvalid_i,
  output logic              s_axil_awready_o,
  input  logic [31:0]       s_axil_wdata_i,
  input  logic [3:0]        s_axil_wstrb_i,
  input  logic              s_axil_wvalid_i,
  output logic              s_axil_wready_o,
  output logic [1:0]        s_axil_bresp_o,
  output logic              s_axil_bvalid_o,
  input  logic              s_axil_bready_i,
  input  logic [19:0]       s_axil_araddr_i,
  input  logic              s_axil_arvalid_i,
  output logic              s_axil_arready_o,
  output logic [31:0]       s_axil_rdata_o,
  output logic [1:0]        s_axil_rresp_o,
  output logic              s_axil_rvalid_o,
  input  logic              s_axil_rready_i,
  // card
  output toe_pkg::config_t  cfg_o,
  input  logic [31:0]       now_us_i,
  input  logic              ready_i,
  input  logic              core_idle_i,
  input  logic [31:0]       free_connections_i,
  input  logic              dma_error_i,          // pulse
  // counters: one event each; refusals come from several places at once
  input  logic [toe_contract_pkg::Counters-1:0] cnt_i,
  input  logic [2:0]        cnt_refused_i,
  // commits: the registers' values at the pulse
  output logic              region_we_o,
  output logic [7:0]        region_index_o,
  output logic [51:0]       region_page_o,
  output logic [31:0]       region_pages_o,
  output logic [15:0]       region_owners_o,
  output logic              qp_we_o,
  output logic [3:0]        qp_index_o,
  output logic              qp_enable_o,
  output logic [51:0]       qp_sq_page_o,
  output logic [51:0]       qp_cq_page_o,
  output logic [57:0]       qp_status_line_o,
  output logic [3:0]        qp_sq_log2_o,
  output logic [3:0]        qp_cq_log2_o,
  // doorbells
  output logic              doorbell_valid_o,
  output logic [3:0]        doorbell_qp_o,
  output logic [15:0]       doorbell_tail_o,
  output logic [15:0]       doorbell_head_o,
  output logic              idle_o
);

  localparam logic [31:0] QueuePairs32 = QueuePairs;

  // ---- write channel: address and data are taken independently, then executed together
  logic        aw_have_q, w_have_q, bvalid_q;
  logic [19:0] awaddr_q;
  logic [31:0] wdata_q;
  logic        do_write, write_page0, write_bell;
  logic [15:0] waddr;

  assign s_axil_awready_o = !aw_have_q;
  assign s_axil_wready_o = !w_have_q;
  assign s_axil_bresp_o = 2'b00;
  assign s_axil_bvalid_o = bvalid_q;
  assign do_write = aw_have_q && w_have_q && !bvalid_q;
  assign waddr = {4'd0, awaddr_q[11:2], 2'b00};
  assign write_page0 = do_write && awaddr_q[19:12] == 8'd0;
  assign write_bell = do_write && awaddr_q[19:16] == 4'd1 && awaddr_q[11:2] == 10'd0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_have_q <= 1'b0;
      w_have_q <= 1'b0;
      bvalid_q <= 1'b0;
    end else begin
      if (do_write) begin
        aw_have_q <= 1'b0;
        w_have_q <= 1'b0;
        bvalid_q <= 1'b1;
      end else begin
        if (s_axil_awvalid_i) aw_have_q <= 1'b1;
        if (s_axil_wvalid_i) w_have_q <= 1'b1;
        if (s_axil_bready_i) bvalid_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (s_axil_awvalid_i && !aw_have_q) awaddr_q <= s_axil_awaddr_i;
    if (s_axil_wvalid_i && !w_have_q) wdata_q <= s_axil_wdata_i;
  end

  assign doorbell_valid_o = write_bell && {28'd0, awaddr_q[15:12]} < QueuePairs32;
  assign doorbell_qp_o = awaddr_q[15:12];
  assign doorbell_tail_o = wdata_q[15:0];
  assign doorbell_head_o = wdata_q[31:16];

  // ---- registers
  logic        control_q;
  logic [31:0] control_full_q;
  logic [31:0] mac_lo_q, mac_hi_q, ipv4_q, netmask_q, gateway_q, mss_q, initial_window_q;
  logic [31:0] delayed_ack_us_q, rto_initial_us_q, rto_min_us_q, rto_max_us_q, retries_max_q;
  logic [31:0] syn_retries_max_q, time_wait_us_q, arp_age_us_q;
  logic [127:0] secret_q, hash_key_q;
  logic [31:0] region_base_lo_q, region_base_hi_q, region_pages_q;
  logic [31:0] qp_sq_lo_q, qp_sq_hi_q, qp_cq_lo_q, qp_cq_hi_q, qp_status_lo_q, qp_status_hi_q;
  logic [31:0] qp_sizes_q;

  assign control_q = control_full_q[0];

  // Policy: register RegTcpOptions + 4 n is word n.
  localparam int unsigned PolicyWords = 32;
  function automatic logic [4:0] word(input logic [15:0] offset);
    word = 5'(offset >> 2);
  endfunction
  logic [31:0] policy_q [0:PolicyWords-1];
  logic write_policy;
  assign write_policy = write_page0 && waddr[15:7] == toe_contract_pkg::RegTcpOptions[15:7];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned i = 0; i < PolicyWords; i++) policy_q[i] <= 32'd0;
      policy_q[word(toe_contract_pkg::RegTcpOptions)] <=
          toe_contract_pkg::ResetTcpOptions;
      policy_q[word(toe_contract_pkg::RegCongestionControl)] <=
          toe_contract_pkg::ResetCongestionControl;
      policy_q[word(toe_contract_pkg::RegDupAckThreshold)] <=
          toe_contract_pkg::ResetDupAckThreshold;
      policy_q[word(toe_contract_pkg::RegTimestampShift)] <=
          toe_contract_pkg::ResetTimestampShift;
      policy_q[word(toe_contract_pkg::RegKeepaliveIdle)] <=
          toe_contract_pkg::ResetKeepaliveIdle;
      policy_q[word(toe_contract_pkg::RegKeepaliveInterval)] <=
          toe_contract_pkg::ResetKeepaliveInterval;
      policy_q[word(toe_contract_pkg::RegKeepaliveProbes)] <=
          toe_contract_pkg::ResetKeepaliveProbes;
      policy_q[word(toe_contract_pkg::RegUserTimeout)] <=
          toe_contract_pkg::ResetUserTimeout;
      policy_q[word(toe_contract_pkg::RegChallengeAckRate)] <=
          toe_contract_pkg::ResetChallengeAckRate;
      policy_q[word(toe_contract_pkg::RegSynCookies)] <=
          toe_contract_pkg::ResetSynCookies;
      policy_q[word(toe_contract_pkg::RegPmtuFloor)] <=
          toe_contract_pkg::ResetPmtuFloor;
      policy_q[word(toe_contract_pkg::RegTimeToLive)] <=
          toe_contract_pkg::ResetTimeToLive;
      policy_q[word(toe_contract_pkg::RegVlan)] <=
          toe_contract_pkg::ResetVlan;
      policy_q[word(toe_contract_pkg::RegIpv6PrefixLength)] <=
          toe_contract_pkg::ResetIpv6PrefixLength;
    end else if (write_policy) begin
      policy_q[waddr[6:2]] <= wdata_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      control_full_q <= toe_contract_pkg::ResetControl;
      mac_lo_q <= toe_contract_pkg::ResetMacLo;
      mac_hi_q <= toe_contract_pkg::ResetMacHi;
      ipv4_q <= toe_contract_pkg::ResetIpv4;
      netmask_q <= toe_contract_pkg::ResetNetmask;
      gateway_q <= toe_contract_pkg::ResetGateway;
      mss_q <= toe_contract_pkg::ResetMss;
      initial_window_q <= toe_contract_pkg::ResetInitialWindow;
      delayed_ack_us_q <= toe_contract_pkg::ResetDelayedAckUs;
      rto_initial_us_q <= toe_contract_pkg::ResetRtoInitialUs;
      rto_min_us_q <= toe_contract_pkg::ResetRtoMinUs;
      rto_max_us_q <= toe_contract_pkg::ResetRtoMaxUs;
      retries_max_q <= toe_contract_pkg::ResetRetriesMax;
      syn_retries_max_q <= toe_contract_pkg::ResetSynRetriesMax;
      time_wait_us_q <= toe_contract_pkg::ResetTimeWaitUs;
      arp_age_us_q <= toe_contract_pkg::ResetArpAgeUs;
      secret_q <= {toe_contract_pkg::ResetSecret3, toe_contract_pkg::ResetSecret2,
                   toe_contract_pkg::ResetSecret1, toe_contract_pkg::ResetSecret0};
      hash_key_q <= {toe_contract_pkg::ResetHashKey3, toe_contract_pkg::ResetHashKey2,
                     toe_contract_pkg::ResetHashKey1, toe_contract_pkg::ResetHashKey0};
      region_base_lo_q <= toe_contract_pkg::ResetRegionBaseLo;
      region_base_hi_q <= toe_contract_pkg::ResetRegionBaseHi;
      region_pages_q <= toe_contract_pkg::ResetRegionPages;
      qp_sq_lo_q <= toe_contract_pkg::ResetQpSqBaseLo;
      qp_sq_hi_q <= toe_contract_pkg::ResetQpSqBaseHi;
      qp_cq_lo_q <= toe_contract_pkg::ResetQpCqBaseLo;
      qp_cq_hi_q <= toe_contract_pkg::ResetQpCqBaseHi;
      qp_status_lo_q <= toe_contract_pkg::ResetQpStatusLo;
      qp_status_hi_q <= toe_contract_pkg::ResetQpStatusHi;
      qp_sizes_q <= toe_contract_pkg::ResetQpSizes;
    end else if (write_page0) begin
      case (waddr)
        toe_contract_pkg::RegControl: control_full_q <= wdata_q;
        toe_contract_pkg::RegMacLo: mac_lo_q <= wdata_q;
        toe_contract_pkg::RegMacHi: mac_hi_q <= wdata_q;
        toe_contract_pkg::RegIpv4: ipv4_q <= wdata_q;
        toe_contract_pkg::RegNetmask: netmask_q <= wdata_q;
        toe_contract_pkg::RegGateway: gateway_q <= wdata_q;
        toe_contract_pkg::RegMss: mss_q <= wdata_q;
        toe_contract_pkg::RegInitialWindow: initial_window_q <= wdata_q;
        toe_contract_pkg::RegDelayedAckUs: delayed_ack_us_q <= wdata_q;
        toe_contract_pkg::RegRtoInitialUs: rto_initial_us_q <= wdata_q;
        toe_contract_pkg::RegRtoMinUs: rto_min_us_q <= wdata_q;
        toe_contract_pkg::RegRtoMaxUs: rto_max_us_q <= wdata_q;
        toe_contract_pkg::RegRetriesMax: retries_max_q <= wdata_q;
        toe_contract_pkg::RegSynRetriesMax: syn_retries_max_q <= wdata_q;
        toe_contract_pkg::RegTimeWaitUs: time_wait_us_q <= wdata_q;
        toe_contract_pkg::RegArpAgeUs: arp_age_us_q <= wdata_q;
        toe_contract_pkg::RegSecret0: secret_q[31:0] <= wdata_q;
        toe_contract_pkg::RegSecret1: secret_q[63:32] <= wdata_q;
        toe_contract_pkg::RegSecret2: secret_q[95:64] <= wdata_q;
        toe_contract_pkg::RegSecret3: secret_q[127:96] <= wdata_q;
        toe_contract_pkg::RegHashKey0: hash_key_q[31:0] <= wdata_q;
        toe_contract_pkg::RegHashKey1: hash_key_q[63:32] <= wdata_q;
        toe_contract_pkg::RegHashKey2: hash_key_q[95:64] <= wdata_q;
        toe_contract_pkg::RegHashKey3: hash_key_q[127:96] <= wdata_q;
        toe_contract_pkg::RegRegionBaseLo: region_base_lo_q <= wdata_q;
        toe_contract_pkg::RegRegionBaseHi: region_base_hi_q <= wdata_q;
        toe_contract_pkg::RegRegionPages: region_pages_q <= wdata_q;
        toe_contract_pkg::RegQpSqBaseLo: qp_sq_lo_q <= wdata_q;
        toe_contract_pkg::RegQpSqBaseHi: qp_sq_hi_q <= wdata_q;
        toe_contract_pkg::RegQpCqBaseLo: qp_cq_lo_q <= wdata_q;
        toe_contract_pkg::RegQpCqBaseHi: qp_cq_hi_q <= wdata_q;
        toe_contract_pkg::RegQpStatusLo: qp_status_lo_q <= wdata_q;
        toe_contract_pkg::RegQpStatusHi: qp_status_hi_q <= wdata_q;
        toe_contract_pkg::RegQpSizes: qp_sizes_q <= wdata_q;
        default: ;
      endcase
    end
  end

  // ---- commits
  logic sizes_ok;

  assign region_we_o = write_page0 && waddr == toe_contract_pkg::RegRegionCommit;
  assign region_index_o = wdata_q[7:0];
  assign region_owners_o = wdata_q[31:16];
  assign region_page_o = {region_base_hi_q, region_base_lo_q[31:12]};
  assign region_pages_o = region_pages_q;
  // A ring of a size the contract does not know stays disabled.
  assign sizes_ok = qp_sizes_q[7:4] == 4'd0 && qp_sizes_q[15:12] == 4'd0 &&
                    qp_sizes_q[3:0] >= 4'd4 && qp_sizes_q[11:8] >= 4'd4;
  assign qp_we_o = write_page0 && waddr == toe_contract_pkg::RegQpCommit &&
                   {24'd0, wdata_q[7:0]} < QueuePairs32;
  assign qp_index_o = wdata_q[3:0];
  assign qp_enable_o = wdata_q[31] && sizes_ok;
  assign qp_sq_page_o = {qp_sq_hi_q, qp_sq_lo_q[31:12]};
  assign qp_cq_page_o = {qp_cq_hi_q, qp_cq_lo_q[31:12]};
  assign qp_status_line_o = {qp_status_hi_q, qp_status_lo_q[31:6]};
  assign qp_sq_log2_o = qp_sizes_q[3:0];
  assign qp_cq_log2_o = qp_sizes_q[11:8];

  // ---- configuration
  // The card's buffers hold no larger segment, and a smaller one would never end a stream.
  localparam logic [15:0] MssMin = 16'd64;
  localparam logic [15:0] MssMax = 16'd8960;
  logic [15:0] mss_used_q;
  always_ff @(posedge clk_i) begin
    if (mss_q < {16'd0, MssMin}) mss_used_q <= MssMin;
    else if (mss_q > {16'd0, MssMax}) mss_used_q <= MssMax;
    else mss_used_q <= mss_q[15:0];
  end

  assign cfg_o.enable = control_q && ready_i;
  assign cfg_o.mac = {mac_hi_q[15:0], mac_lo_q};
  assign cfg_o.ipv4 = ipv4_q;
  assign cfg_o.netmask = netmask_q;
  assign cfg_o.gateway = gateway_q;
  assign cfg_o.mss = mss_used_q;
  assign cfg_o.initial_window = initial_window_q[7:0];
  assign cfg_o.delayed_ack_us = delayed_ack_us_q[19:0];
  assign cfg_o.rto_initial_us = rto_initial_us_q;
  assign cfg_o.rto_min_us = rto_min_us_q;
  assign cfg_o.rto_max_us = rto_max_us_q;
  assign cfg_o.retries_max = retries_max_q[7:0];
  assign cfg_o.syn_retries_max = syn_retries_max_q[7:0];
  assign cfg_o.time_wait_us = time_wait_us_q;
  assign cfg_o.arp_age_us = arp_age_us_q;
  assign cfg_o.secret = secret_q;
  assign cfg_o.hash_key = hash_key_q;
  logic [31:0] tcp_options;
  assign tcp_options = policy_q[word(toe_contract_pkg::RegTcpOptions)];
  assign cfg_o.use_ws = tcp_options[0];
  assign cfg_o.use_ts = tcp_options[1];
  assign cfg_o.use_sack = tcp_options[2];
  assign cfg_o.ecn_accept = tcp_options[3];
  assign cfg_o.ecn_request = tcp_options[4];
  assign cfg_o.black_hole_probe = tcp_options[5];
  assign cfg_o.option_order = tcp_options[6];
  assign cfg_o.time_wait_reuse = tcp_options[7];
  // There is no algorithm 3: CUBIC then, as after reset.
  logic [1:0] cc;
  assign cc = policy_q[word(toe_contract_pkg::RegCongestionControl)][1:0];
  assign cfg_o.cc = cc == 2'd3 ? toe_contract_pkg::ResetCongestionControl[1:0] : cc;
  assign cfg_o.keep_window = policy_q[word(toe_contract_pkg::RegCongestionControl)][4];
  assign cfg_o.dup_ack_threshold = policy_q[word(toe_contract_pkg::RegDupAckThreshold)][3:0];
  assign cfg_o.keepalive_idle = policy_q[word(toe_contract_pkg::RegKeepaliveIdle)];
  assign cfg_o.keepalive_interval = policy_q[word(toe_contract_pkg::RegKeepaliveInterval)];
  assign cfg_o.keepalive_probes = policy_q[word(toe_contract_pkg::RegKeepaliveProbes)][7:0];
  assign cfg_o.user_timeout = policy_q[word(toe_contract_pkg::RegUserTimeout)];
  assign cfg_o.challenge_ack_rate = policy_q[word(toe_contract_pkg::RegChallengeAckRate)];
  assign cfg_o.syn_cookies = policy_q[word(toe_contract_pkg::RegSynCookies)][1:0];
  assign cfg_o.pmtu_floor = policy_q[word(toe_contract_pkg::RegPmtuFloor)][15:0];
  assign cfg_o.time_to_live = policy_q[word(toe_contract_pkg::RegTimeToLive)][7:0];
  assign cfg_o.vlan_on = policy_q[word(toe_contract_pkg::RegVlan)][31];
  assign cfg_o.vlan_tci = policy_q[word(toe_contract_pkg::RegVlan)][15:0];
  assign cfg_o.ipv6[127:96] = policy_q[word(toe_contract_pkg::RegIpv60)];
  assign cfg_o.ipv6[95:64] = policy_q[word(toe_contract_pkg::RegIpv61)];
  assign cfg_o.ipv6[63:32] = policy_q[word(toe_contract_pkg::RegIpv62)];
  assign cfg_o.ipv6[31:0] = policy_q[word(toe_contract_pkg::RegIpv63)];
  assign cfg_o.ipv6_gateway[127:96] = policy_q[word(toe_contract_pkg::RegIpv6Gateway0)];
  assign cfg_o.ipv6_gateway[95:64] = policy_q[word(toe_contract_pkg::RegIpv6Gateway1)];
  assign cfg_o.ipv6_gateway[63:32] = policy_q[word(toe_contract_pkg::RegIpv6Gateway2)];
  assign cfg_o.ipv6_gateway[31:0] = policy_q[word(toe_contract_pkg::RegIpv6Gateway3)];
  assign cfg_o.ipv6_prefix = policy_q[word(toe_contract_pkg::RegIpv6PrefixLength)][7:0];
  assign cfg_o.timestamp_shift = policy_q[word(toe_contract_pkg::RegTimestampShift)][4:0];

  // ---- counters
  logic [toe_contract_pkg::Counters-1:0] cnt_q;
  logic        cnt_any_q, dma_error_q;
  logic [2:0]  refused_q;
  logic [31:0] counter_q [0:toe_contract_pkg::Counters-1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cnt_q <= '0;
      refused_q <= 3'd0;
      cnt_any_q <= 1'b0;
      dma_error_q <= 1'b0;
      for (int unsigned i = 0; i < toe_contract_pkg::Counters; i++) counter_q[i] <= 32'd0;
    end else begin
      cnt_q <= cnt_i;
      refused_q <= cnt_refused_i;
      cnt_any_q <= |cnt_i || cnt_refused_i != 3'd0;
      if (dma_error_i) dma_error_q <= 1'b1;
      if (cnt_any_q) begin
        for (int unsigned i = 0; i < toe_contract_pkg::Counters; i++) begin
          if (i == toe_contract_pkg::CounterSqRefused) begin
            counter_q[i] <= counter_q[i] + {31'd0, cnt_q[i]} + {29'd0, refused_q};
          end else if (cnt_q[i]) begin
            counter_q[i] <= counter_q[i] + 32'd1;
          end
        end
      end
    end
  end

  // ---- read channel
  logic        ar_have_q, rvalid_q, idle_before_q;
  logic [19:0] araddr_q;
  logic [31:0] rdata_q, rdata_d, counter_data;
  logic [15:0] raddr;
  logic [9:0]  counter_index;

  assign s_axil_arready_o = !ar_have_q && !rvalid_q;
  assign s_axil_rdata_o = rdata_q;
  assign s_axil_rresp_o = 2'b00;
  assign s_axil_rvalid_o = rvalid_q;
  assign raddr = {4'd0, araddr_q[11:2], 2'b00};
  assign counter_index = araddr_q[11:2] - 10'(toe_contract_pkg::CounterBase / 4);

  always_comb begin
    counter_data = 32'd0;
    if (ar_have_q) begin
      for (int unsigned i = 0; i < toe_contract_pkg::Counters; i++) begin
        if (counter_index == 10'(i)) counter_data = counter_data | counter_q[i];
      end
    end
  end

  always_comb begin
    rdata_d = 32'd0;
    if (ar_have_q) case (raddr)
      toe_contract_pkg::RegId: rdata_d = 32'h4D494C4C;
      toe_contract_pkg::RegContractHashLo: rdata_d = toe_contract_pkg::ContractHash[31:0];
      toe_contract_pkg::RegContractHashHi: rdata_d = toe_contract_pkg::ContractHash[63:32];
      toe_contract_pkg::RegContractRevision: rdata_d = toe_contract_pkg::ContractRevision;
      toe_contract_pkg::RegLimitConnections: rdata_d = Connections;
      toe_contract_pkg::RegLimitQueuePairs: rdata_d = QueuePairs32;
      toe_contract_pkg::RegLimitRegions: rdata_d = toe_contract_pkg::Regions;
      toe_contract_pkg::RegLimitListeners: rdata_d = toe_contract_pkg::Listeners;
      toe_contract_pkg::RegControl: rdata_d = control_full_q;
      toe_contract_pkg::RegStatus: rdata_d = {29'd0, dma_error_q, idle_before_q, ready_i};
      toe_contract_pkg::RegNowUs: rdata_d = now_us_i;
      toe_contract_pkg::RegFreeConnections: rdata_d = free_connections_i;
      toe_contract_pkg::RegMacLo: rdata_d = mac_lo_q;
      toe_contract_pkg::RegMacHi: rdata_d = mac_hi_q;
      toe_contract_pkg::RegIpv4: rdata_d = ipv4_q;
      toe_contract_pkg::RegNetmask: rdata_d = netmask_q;
      toe_contract_pkg::RegGateway: rdata_d = gateway_q;
      toe_contract_pkg::RegMss: rdata_d = mss_q;
      toe_contract_pkg::RegInitialWindow: rdata_d = initial_window_q;
      toe_contract_pkg::RegDelayedAckUs: rdata_d = delayed_ack_us_q;
      toe_contract_pkg::RegRtoInitialUs: rdata_d = rto_initial_us_q;
      toe_contract_pkg::RegRtoMinUs: rdata_d = rto_min_us_q;
      toe_contract_pkg::RegRtoMaxUs: rdata_d = rto_max_us_q;
      toe_contract_pkg::RegRetriesMax: rdata_d = retries_max_q;
      toe_contract_pkg::RegSynRetriesMax: rdata_d = syn_retries_max_q;
      toe_contract_pkg::RegTimeWaitUs: rdata_d = time_wait_us_q;
      toe_contract_pkg::RegArpAgeUs: rdata_d = arp_age_us_q;
      toe_contract_pkg::RegRegionBaseLo: rdata_d = region_base_lo_q;
      toe_contract_pkg::RegRegionBaseHi: rdata_d = region_base_hi_q;
      toe_contract_pkg::RegRegionPages: rdata_d = region_pages_q;
      toe_contract_pkg::RegQpSqBaseLo: rdata_d = qp_sq_lo_q;
      toe_contract_pkg::RegQpSqBaseHi: rdata_d = qp_sq_hi_q;
      toe_contract_pkg::RegQpCqBaseLo: rdata_d = qp_cq_lo_q;
      toe_contract_pkg::RegQpCqBaseHi: rdata_d = qp_cq_hi_q;
      toe_contract_pkg::RegQpStatusLo: rdata_d = qp_status_lo_q;
      toe_contract_pkg::RegQpStatusHi: rdata_d = qp_status_hi_q;
      toe_contract_pkg::RegQpSizes: rdata_d = qp_sizes_q;
      default: rdata_d = counter_data;
    endcase
    if (ar_have_q && raddr[15:7] == toe_contract_pkg::RegTcpOptions[15:7]) begin
      rdata_d = policy_q[raddr[6:2]];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_have_q <= 1'b0;
      rvalid_q <= 1'b0;
      idle_before_q <= 1'b0;
    end else begin
      if (s_axil_arvalid_i && s_axil_arready_o) ar_have_q <= 1'b1;
      else ar_have_q <= 1'b0;
      if (ar_have_q) rvalid_q <= 1'b1;
      else if (s_axil_rready_i) rvalid_q <= 1'b0;
      if (!ar_have_q && !rvalid_q) idle_before_q <= core_idle_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (s_axil_arvalid_i && s_axil_arready_o) araddr_q <= s_axil_araddr_i;
    if (ar_have_q) rdata_q <= (araddr_q[19:12] == 8'd0) ? rdata_d : 32'd0;
  end

  assign idle_o = !aw_have_q && !w_have_q && !bvalid_q && !ar_have_q && !rvalid_q && !cnt_any_q;

  // The contract knows whole words only.
  /* verilator lint_off UNUSED */
  logic unused;
  assign unused = ^{tcp_options, s_axil_wstrb_i, awaddr_q[1:0], araddr_q[1:0]};
  /* verilator lint_on UNUSED */

`ifndef YOSYS
  initial begin
    assert (QueuePairs >= 1 && QueuePairs <= toe_contract_pkg::QueuePairsMax);
    assert (Connections >= 64 && Connections <= 65536);
  end
`endif

endmodule
