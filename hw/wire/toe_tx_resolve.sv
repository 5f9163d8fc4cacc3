// SPDX-License-Identifier: Apache-2.0
// Finds the next hop of each segment to send and its MAC address: on our link by netmask or prefix,
// else the gateway (RFC 1122 3.3.1.1, RFC 4861 5.2). A segment whose next hop is unknown is parked
// while toe_neighbours asks at once and after 1 and 2 seconds; after 3 seconds it is dropped; TCP's
// timeout sends it again. When an address becomes known, or a parked segment's time comes, all
// parked segments are looked up once more, oldest first, while new ones wait, so segments to one
// address keep their order.
//
//  s1 on which link  s2 next hop, its set of the cache  s3 result: send, park or drop
// Changes of the cache pass through the same lookup, as tokens without a segment.

module toe_tx_resolve (
  input  logic         clk_i,
  input  logic         rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */
  input  toe_pkg::config_t cfg_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [31:0]  now_us_i,

  input  toe_pkg::tx_segment_t in_seg_i,
  input  logic         in_valid_i,
  output logic         in_ready_o,

  // toe_neighbours
  input  logic         cache_ready_i,
  input  logic         token_valid_i,
  input  logic [127:0] token_ip_i,
  output logic         token_take_o,
  output logic         token_done_o,
  output logic         look_en_o,
  output logic [5:0]   look_slot_o,
  output logic         res_en_o,
  output logic [127:0] look_ip_o,
  input  logic         res_hit_i,
  input  logic [47:0]  res_mac_i,
  input  logic         res_due_i,
  output logic         ask_o,
  output logic [127:0] ask_ip_o,
  output logic         ask_link_o,
  output logic         ask_missed_o,
  input  logic         wake_i,

  output toe_pkg::tx_segment_t seg_o,
  output logic [47:0]  mac_o,
  output logic         valid_o,
  input  logic         ready_i,

  output logic         drop_o,
  // For toe_tx_budget: payload that is parked or dropped, and parked payload that comes again.
  output logic         back_o,
  output logic [15:0]  back_len_o,
  output logic         again_o,
  output logic [15:0]  again_len_o,
  output logic         deadline_valid_o,
  output logic [31:0]  deadline_us_o,
  output logic         idle_o          // nothing here but parked segments whose time has not come
);

  localparam int unsigned SegW = toe_pkg::TxSegmentW;
  localparam int unsigned ParkLimit = 16;
  localparam int unsigned ParkDepth = 20;  // room for the segments that were met by a round
  localparam logic [31:0] AskAgainUs = 32'd1_000_000;
  localparam int unsigned ParkW = SegW + 32 + 2 + 1;  // segment, time, questions put, on link

  // ---- the three stages -------------------------------------------------------------------------
  // A stage holds a segment, new or parked, or a token.
  logic [3:1] v_q, token_q, parked_q;
  logic go1, go2, go3;  // the stage's content leaves it
  logic load, load_new, load_parked, load_token;
  logic [SegW-1:0] in_vec, s1_seg_q, s2_seg_q, s3_seg_q, out_seg_q;
  logic [33:0] s1_park_q, s2_park_q, s3_park_q;
  logic [ParkW-1:0] park_out;
  logic [47:0] out_mac_q;
  logic [4:0] park_count, round_left_q;
  logic park_in_ready, park_out_valid, park_out_ready;
  logic round_due, round_wanted_q, round_q, deadline_valid_q, out_valid_q;
  logic [31:0] deadline_q;

  assign in_vec = in_seg_i;
  assign load = !v_q[1] || go1;
  assign load_token = load && token_valid_i;
  assign park_out_ready = round_q && load && !token_valid_i && (round_left_q != '0);
  assign load_parked = park_out_ready && park_out_valid;
  assign in_ready_o = load && !token_valid_i && !round_q && !round_wanted_q && cache_ready_i;
  assign load_new = in_valid_i && in_ready_o;
  assign token_take_o = load_token;
  assign go1 = v_q[1] && (!v_q[2] || go2);
  assign go2 = v_q[2] && (!v_q[3] || go3);

  // ---- s1: on our link? -------------------------------------------------------------------------
  /* verilator lint_off UNUSEDSIGNAL */
  toe_pkg::tx_segment_t s1_seg;      // for the address alone
  toe_pkg::tx_segment_t parked_seg;  // for the length alone
  /* verilator lint_on UNUSEDSIGNAL */
  logic [127:0] mask_q, hop;
  logic on_link, s1_on_link_q, s2_on_link_q, s3_on_link_q, s1_six, no_route;

  assign s1_seg = s1_seg_q;
  assign parked_seg = park_out[SegW-1:0];
  always_comb begin
    if (!in_valid_i || (in_seg_i.tuple.local_kind == toe_pkg::LocalIpv4)) begin
      on_link = ((in_seg_i.tuple.remote_ip[31:0] ^ cfg_i.ipv4) & cfg_i.netmask) == 32'd0;
    end else begin
      on_link = (in_seg_i.tuple.local_kind == toe_pkg::LocalIpv6Link) ||
                   (in_seg_i.tuple.remote_ip[127:118] == 10'b1111_1110_10) ||
                   (((in_seg_i.tuple.remote_ip ^ cfg_i.ipv6) & mask_q) == 128'd0);
    end
  end

  // ---- s2: next hop, set of the cache -----------------------------------------------------------
  logic [127:0] s2_hop_q, s3_hop_q;
  logic s2_no_route_q, s3_no_route_q;

  assign s1_six = s1_seg.tuple.local_kind != toe_pkg::LocalIpv4;
  always_comb begin
    hop = s1_seg.tuple.remote_ip;
    no_route = 1'b0;
    if (go1) begin
      if (token_q[1]) begin
        hop = token_ip_i;
      end else if (!s1_on_link_q && s1_six) begin
        hop = cfg_i.ipv6_gateway;
        no_route = cfg_i.ipv6_gateway == '0;
      end else if (!s1_on_link_q) begin
        hop = {toe_pkg::Ipv4Mapped, cfg_i.gateway};
        no_route = cfg_i.gateway == '0;
      end
    end
  end
  // Four addresses of an IPv4 network of 256 share a set.
  always_comb begin
    look_slot_o = {4'd0, hop[127:126]};
    if (go1) begin
      for (int i = 0; i < 21; i++) look_slot_o = look_slot_o ^ hop[6*i +: 6];
    end
  end
  assign look_en_o = go1;
  assign res_en_o = go2;
  assign look_ip_o = s2_hop_q;

  always_ff @(posedge clk_i) begin
    mask_q <= ~({128{1'b1}} >> cfg_i.ipv6_prefix);
    if (load_parked || load_new) begin
      s1_seg_q <= load_parked ? park_out[SegW-1:0] : in_vec;
      s1_on_link_q <= load_parked ? park_out[ParkW-1] : on_link;
    end
    if (load_parked) s1_park_q <= park_out[SegW +: 34];
    if (go1) begin
      s2_hop_q <= hop;
      s2_no_route_q <= no_route;
    end
    if (go1 && !token_q[1]) begin
      s2_seg_q <= s1_seg_q;
      s2_on_link_q <= s1_on_link_q;
    end
    if (go1 && parked_q[1]) s2_park_q <= s1_park_q;
    if (go2 && !token_q[2]) begin
      s3_hop_q <= s2_hop_q;
      s3_no_route_q <= s2_no_route_q;
      s3_seg_q <= s2_seg_q;
      s3_on_link_q <= s2_on_link_q;
    end
    if (go2 && parked_q[2]) s3_park_q <= s2_park_q;
    if (!rst_ni) begin
      v_q <= '0;
      token_q <= '0;
      parked_q <= '0;
    end else begin
      if (load) begin
        v_q[1] <= load_token || load_parked || load_new;
        token_q[1] <= load_token;
        parked_q[1] <= load_parked;
      end
      if (go1 || go2) begin
        v_q[2] <= go1;
        token_q[2] <= token_q[1];
        parked_q[2] <= parked_q[1];
      end
      if (go2 || go3) begin
        v_q[3] <= go2;
        token_q[3] <= token_q[2];
        parked_q[3] <= parked_q[2];
      end
    end
  end

  // ---- s3: send, park or drop -------------------------------------------------------------------
  logic [31:0] cand_time, park_time;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [31:0] deadline_age, cand_age, park_gap;  // signs alone
  toe_pkg::tx_segment_t s3_seg;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [1:0] cand_asks, park_asks;
  logic decide, hit, send, park, drop, full, cand_due, unsettled;

  assign {cand_asks, cand_time} = s3_park_q;
  assign s3_seg = s3_seg_q;
  assign cand_age = now_us_i - cand_time;
  assign cand_due = parked_q[3] && !cand_age[31];
  // While a round is due, or the cache changed under one, older segments may be parked for the same
  // address: nothing that was or would be behind them is sent.
  assign unsettled = round_wanted_q || wake_i;
  assign token_done_o = v_q[3] && token_q[3];
  assign decide = v_q[3] && !token_q[3] && (!out_valid_q || ready_i);
  assign go3 = token_done_o || decide;
  assign hit = res_hit_i && !s3_no_route_q;
  assign full = !parked_q[3] && !hit && (park_count >= 5'(ParkLimit));
  assign send = decide && cfg_i.enable && hit &&
                !(unsettled && (parked_q[3] || (park_count != '0)));
  assign drop = decide && !send &&
                (!cfg_i.enable || s3_no_route_q || full ||
                 (cand_due && cand_asks == 2'd3 && !hit));
  assign park = decide && !send && !drop;
  assign drop_o = drop && cfg_i.enable;
  assign back_o = park || drop;
  assign back_len_o = s3_seg.len;
  assign again_o = load_parked;
  assign again_len_o = parked_seg.len;

  // Asking for an address whose segment finds no place makes the next segment find it known.
  assign ask_missed_o = !hit;
  assign ask_o = (decide && !hit && !s3_no_route_q && !(drop && !full) &&
                  (!parked_q[3] || cand_due)) || (send && res_due_i);
  assign ask_ip_o = s3_hop_q;
  assign ask_link_o = s3_seg.tuple.local_kind == toe_pkg::LocalIpv6Link;

  assign park_time = (parked_q[3] && !cand_due) ? cand_time :
                     (parked_q[3] ? cand_time : now_us_i) + AskAgainUs;
  assign park_asks = !parked_q[3] ? 2'd1 : (cand_due ? cand_asks + 2'd1 : cand_asks);
  assign park_gap = park_time - deadline_q;

  toe_fifo #(.Width(ParkW), .Depth(ParkDepth)) u_parked (
    .clk_i, .rst_ni,
    .in_data_i({s3_on_link_q, park_asks, park_time, s3_seg_q}), .in_valid_i(park),
    .in_ready_o(park_in_ready),
    .out_data_o(park_out), .out_valid_o(park_out_valid), .out_ready_i(park_out_ready),
    .count_o(park_count)
  );

  // ---- rounds -----------------------------------------------------------------------------------
  assign deadline_age = now_us_i - deadline_q;
  assign round_due = deadline_valid_q && !deadline_age[31];

  logic segments;  // in the stages
  assign segments = (v_q & ~token_q) != '0;

  always_ff @(posedge clk_i) begin
    if (send) begin
      out_seg_q <= s3_seg_q;
      out_mac_q <= res_mac_i;
    end
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
      round_wanted_q <= 1'b0;
      round_q <= 1'b0;
      round_left_q <= '0;
      deadline_valid_q <= 1'b0;
    end else begin
      if (send) out_valid_q <= 1'b1;
      else if (ready_i) out_valid_q <= 1'b0;

      // A round starts when the segments before it are decided, so it sees every parked one.
      if (round_wanted_q && !round_q && !segments) begin
        round_wanted_q <= wake_i;
        round_q <= park_count != '0;
        round_left_q <= park_count;
        deadline_valid_q <= 1'b0;
      end else begin
        if (wake_i || (round_due && !round_q) || (!cfg_i.enable && park_count != '0)) begin
          round_wanted_q <= 1'b1;
        end
        if (park_out_ready) round_left_q <= round_left_q - 5'd1;
        if (round_q && round_left_q == '0 && !segments) round_q <= 1'b0;
        if (park) begin
          deadline_valid_q <= 1'b1;
          if (!deadline_valid_q || park_gap[31]) deadline_q <= park_time;
        end
      end
    end
  end

  assign seg_o = out_seg_q;
  assign mac_o = out_mac_q;
  assign valid_o = out_valid_q;
  assign deadline_valid_o = deadline_valid_q;
  assign deadline_us_o = deadline_q;
  assign idle_o = !segments && !out_valid_q && !round_q && !round_wanted_q && !round_due &&
                  (cfg_i.enable || park_count == '0);

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(park && !park_in_ready));
      assert ($bits(toe_pkg::tx_segment_t) == SegW);
      assert (!(in_valid_i && in_ready_o) ||
              (in_seg_i.tuple.local_kind == toe_pkg::LocalIpv4) ==
              (in_seg_i.tuple.remote_ip[127:32] == toe_pkg::Ipv4Mapped));
    end
  end
`endif
`endif

endmodule
