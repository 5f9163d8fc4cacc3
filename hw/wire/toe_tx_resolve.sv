// SPDX-License-Identifier: Apache-2.0
// Finds the next hop's MAC address of each segment to send. A segment whose next hop is unknown is
// parked while ARP asks at once and after 1 and 2 seconds; after 3 seconds it is dropped. When ARP
// learns an address, or a parked segment's time comes, all parked segments are looked up once more,
// oldest first, while new ones wait, so segments to one address keep their order.

module toe_tx_resolve (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,
  input  logic [31:0]  ipv4_i,
  input  logic [31:0]  netmask_i,
  input  logic [31:0]  gateway_i,
  input  logic [31:0]  now_us_i,

  input  toe_pkg::tx_segment_t in_seg_i,
  input  logic         in_valid_i,
  output logic         in_ready_o,

  output logic [31:0]  look_ip_o,
  output logic [7:0]   look_slot_o,    // of the cache, see toe_arp
  input  logic         look_hit_i,
  input  logic [47:0]  look_mac_i,
  input  logic         look_stale_i,
  output logic         ask_o,
  input  logic         learned_i,

  output toe_pkg::tx_segment_t seg_o,
  output logic [47:0]  mac_o,
  output logic         valid_o,
  input  logic         ready_i,

  output logic         drop_o,
  output logic         deadline_valid_o,
  output logic [31:0]  deadline_us_o,
  output logic         idle_o          // nothing here but parked segments whose time has not come
);

  localparam int unsigned SegW = toe_pkg::TxSegmentW;
  localparam int unsigned ParkLimit = 16;
  localparam int unsigned ParkDepth = 18;  // room for the segment that was met by a round
  localparam logic [31:0] AskAgainUs = 32'd1_000_000;
  localparam int unsigned ParkW = SegW + 32 + 32 + 2;  // segment, next hop, its time, questions put

  logic [SegW-1:0] in_vec, cand_seg_q, out_seg_q;
  logic [31:0] hop, cand_hop_q, cand_time_q, deadline_q, park_time;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [31:0] deadline_age, cand_age, park_gap;  // signs alone
  /* verilator lint_on UNUSEDSIGNAL */
  logic unsettled;
  logic [1:0] cand_asks_q, park_asks;
  logic [7:0] cand_slot_q;
  logic [23:0] park_hop;
  logic cand_valid_q, cand_parked_q, out_valid_q;
  logic [47:0] out_mac_q;
  logic [ParkW-1:0] park_out;
  logic [4:0] park_count, round_left_q;
  logic park_in_valid, park_in_ready, park_out_valid, park_out_ready;
  logic round_due, round_wanted_q, round_q, deadline_valid_q;
  logic decide, send, park, drop, cand_due, load, load_new;

  assign in_vec = in_seg_i;
  assign hop = (((in_seg_i.tuple.remote_ip[31:0] ^ ipv4_i) & netmask_i) == 32'd0) ?
               in_seg_i.tuple.remote_ip[31:0] : gateway_i;

  // ---- one candidate at a time: send, park or drop ----------------------------------------------
  assign look_ip_o = cand_hop_q;
  assign look_slot_o = cand_slot_q;
  assign cand_age = now_us_i - cand_time_q;
  assign cand_due = cand_parked_q && !cand_age[31];
  // While a round is due, or the cache changed under one, older segments may be parked for the same
  // address: nothing that was or would be behind them is sent.
  assign unsettled = round_wanted_q || learned_i;
  assign decide = cand_valid_q && (!out_valid_q || ready_i);
  assign send = decide && enable_i && look_hit_i &&
                !(unsettled && (cand_parked_q || (park_count != '0)));
  assign drop = decide && !send &&
                (!enable_i || (cand_due && cand_asks_q == 2'd3 && !look_hit_i) ||
                 (!cand_parked_q && !look_hit_i && (park_count >= 5'(ParkLimit))));
  assign park = decide && !send && !drop;
  assign ask_o = (park && !look_hit_i && (!cand_parked_q || cand_due)) || (send && look_stale_i);
  assign drop_o = drop && enable_i;
  assign park_time = (cand_parked_q && !cand_due) ? cand_time_q :
                     (cand_parked_q ? cand_time_q : now_us_i) + AskAgainUs;
  assign park_asks = !cand_parked_q ? 2'd1 : (cand_due ? cand_asks_q + 2'd1 : cand_asks_q);
  assign park_in_valid = park;

  toe_fifo #(.Width(ParkW), .Depth(ParkDepth)) u_parked (
    .clk_i, .rst_ni,
    .in_data_i({park_asks, park_time, cand_hop_q, cand_seg_q}),
    .in_valid_i(park_in_valid), .in_ready_o(park_in_ready),
    .out_data_o(park_out), .out_valid_o(park_out_valid), .out_ready_i(park_out_ready),
    .count_o(park_count)
  );

  assign park_hop = park_out[SegW +: 24];
  assign load = !cand_valid_q || decide;
  assign park_out_ready = round_q && load && (round_left_q != '0);
  assign in_ready_o = load && !round_q && !round_wanted_q;
  assign load_new = in_valid_i && in_ready_o;

  assign park_gap = park_time - deadline_q;

  // ---- rounds -----------------------------------------------------------------------------------
  assign deadline_age = now_us_i - deadline_q;
  assign round_due = deadline_valid_q && !deadline_age[31];

  always_ff @(posedge clk_i) begin
    if (park_out_valid && park_out_ready) begin
      {cand_asks_q, cand_time_q, cand_hop_q, cand_seg_q} <= park_out;
      cand_slot_q <= park_hop[7:0] ^ park_hop[15:8] ^ park_hop[23:16];
      cand_parked_q <= 1'b1;
    end else if (load_new) begin
      cand_seg_q <= in_vec;
      cand_hop_q <= hop;
      cand_slot_q <= hop[7:0] ^ hop[15:8] ^ hop[23:16];
      cand_parked_q <= 1'b0;
    end
    if (send) begin
      out_seg_q <= cand_seg_q;
      out_mac_q <= look_mac_i;
    end
    if (!rst_ni) begin
      cand_valid_q <= 1'b0;
      out_valid_q <= 1'b0;
      round_wanted_q <= 1'b0;
      round_q <= 1'b0;
      round_left_q <= '0;
      deadline_valid_q <= 1'b0;
    end else begin
      if (load) cand_valid_q <= (park_out_valid && park_out_ready) || load_new;
      if (send) out_valid_q <= 1'b1;
      else if (ready_i) out_valid_q <= 1'b0;

      // A round starts when the candidate before it is decided, so it sees every parked segment.
      if (round_wanted_q && !round_q && !cand_valid_q) begin
        round_wanted_q <= learned_i;
        round_q <= park_count != '0;
        round_left_q <= park_count;
        deadline_valid_q <= 1'b0;
      end else begin
        if (learned_i || (round_due && !round_q) || (!enable_i && park_count != '0)) begin
          round_wanted_q <= 1'b1;
        end
        if (park_out_ready) round_left_q <= round_left_q - 5'd1;
        if (round_q && round_left_q == '0 && !cand_valid_q) round_q <= 1'b0;
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
  assign idle_o = !cand_valid_q && !out_valid_q && !round_q && !round_wanted_q && !round_due &&
                  (enable_i || park_count == '0);

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(park_in_valid && !park_in_ready));
      assert ($bits(toe_pkg::tx_segment_t) == SegW);
    end
  end
`endif
`endif

endmodule
