// SPDX-License-Identifier: Apache-2.0
// The neighbour cache of both address families: 64 sets of four entries, which toe_tx_resolve looks
// up, and the rules by which ARP (RFC 826) and neighbour discovery (RFC 4861 7) change it, ask and
// answer. toe_neighbour_frames makes the packets.
//
// An entry is INCOMPLETE (asked for), or resolved: in use until `due`, then asked about by the next
// segment that uses it, once a second and by unicast; the third question unanswered makes it
// INCOMPLETE (RFC 1122 2.3.2.1, RFC 4861 7.3). `due` is arp_age_us after a proof that the
// neighbour hears us (REACHABLE), 5 s after its address was merely heard (STALE and DELAY). TCP's
// own progress is not taken as a proof. No address is asked for twice within a second.
//
// Changes go one at a time: a token with the address passes through toe_tx_resolve's lookup like a
// segment, its result is judged, the entry is written. Left out: duplicate address detection (RFC
// 4862), redirects and router advertisements (the gateway is configured), and multicast listener
// reports (RFC 3810), so a switch must not prune the solicited-node groups.

module toe_neighbours (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,
  input  logic [31:0]  ipv4_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [31:0]  age_us_i,        // to a tick
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [31:0]  ticks_i,         // of 1,024 us

  input  logic         arp_valid_i,     // a verified ARP packet
  input  logic         arp_reply_i,
  input  logic [47:0]  arp_sender_mac_i,
  input  logic [31:0]  arp_sender_ip_i,
  input  logic [31:0]  arp_target_ip_i,

  input  logic         nd_valid_i,      // a verified solicitation or advertisement
  input  logic         nd_solicit_i,
  input  logic [127:0] nd_source_ip_i,
  input  logic [47:0]  nd_source_mac_i,
  input  logic [127:0] nd_target_ip_i,
  input  logic [1:0]   nd_target_kind_i,
  input  logic         nd_lladdr_valid_i,
  input  logic [47:0]  nd_lladdr_i,
  input  logic         nd_solicited_i,
  input  logic         nd_override_i,
  input  logic         nd_multicast_i,

  // Lookup: the set is read with look_en_i, compared with look_ip_i in the next stage, and the
  // result held from res_en_i on.
  output logic         ready_o,         // the cache is valid
  output logic         token_valid_o,
  output logic [127:0] token_ip_o,
  input  logic         token_take_i,
  input  logic         token_done_i,    // its result is at hand in this clock
  input  logic         look_en_i,
  input  logic [5:0]   look_slot_i,
  input  logic         res_en_i,
  input  logic [127:0] look_ip_i,
  output logic         res_hit_o,
  output logic [47:0]  res_mac_o,
  output logic         res_due_o,       // to be asked about, if hit

  input  logic         ask_i,           // a segment missed the address, or found it due
  input  logic [127:0] ask_ip_i,
  input  logic         ask_link_i,      // the segment's source is our link-local address
  input  logic         ask_missed_i,
  output logic         wake_o,          // an address that was missed is known from this clock on

  output logic [179:0] msg_o,           // {nd, answer, link, group, MAC, IP}
  output logic         msg_valid_o,
  input  logic         msg_ready_i,
  output logic         empty_o
);

  localparam logic [31:0] RetransTicks = 32'd976;   // 1 s
  localparam logic [31:0] DelayTicks = 32'd4883;    // 5 s
  localparam int unsigned EntryW = 1 + 1 + 2 + 32 + 48 + 128;
  localparam int unsigned ResolvedBit = 210;

  // ---- what was heard ---------------------------------------------------------------------------
  // {IP, MAC, MAC valid, make an entry, replace another MAC, proof of reachability}
  localparam int unsigned HeardW = 128 + 48 + 4;
  logic [HeardW-1:0] heard, heard_head;
  logic heard_push, heard_ready, heard_valid, heard_pop, arp_to_us, nd_mac_good;
  logic [3:0] heard_count;

  assign arp_to_us = arp_target_ip_i == ipv4_i;
  assign nd_mac_good = nd_lladdr_valid_i && !nd_lladdr_i[40];
  always_comb begin
    // Others' ARP packets only correct what is known (RFC 826 merge flag).
    heard = {toe_pkg::Ipv4Mapped, arp_sender_ip_i, arp_sender_mac_i, 1'b1, arp_to_us, 1'b1,
             arp_to_us};
    heard_push = arp_valid_i && (arp_sender_ip_i != 32'd0) && (arp_sender_ip_i != ipv4_i);
    if (nd_valid_i && nd_solicit_i) begin
      heard = {nd_source_ip_i, nd_lladdr_i, 4'b1110};
      heard_push = (nd_target_kind_i != 2'd0) && (nd_source_ip_i != '0) && nd_mac_good;
    end else if (nd_valid_i) begin
      heard = {nd_target_ip_i, nd_lladdr_i, nd_mac_good, 1'b0, nd_override_i,
               nd_solicited_i && !nd_multicast_i};
      heard_push = nd_target_kind_i == 2'd0;
    end
  end

  // A full queue loses what was heard, as if the packet were lost.
  toe_fifo #(.Width(HeardW), .Depth(8)) u_heard (
    .clk_i, .rst_ni,
    .in_data_i(heard), .in_valid_i(heard_push && enable_i), .in_ready_o(heard_ready),
    .out_data_o(heard_head), .out_valid_o(heard_valid), .out_ready_i(heard_pop),
    .count_o(heard_count)
  );

  // ---- wishes of toe_tx_resolve -----------------------------------------------------------------
  logic [129:0] wish_head;
  logic wish_ready, wish_valid, wish_pop;
  logic [4:0] wish_count;

  // Those for known addresses come with every segment, so they never take the last places.
  toe_fifo #(.Width(130), .Depth(20)) u_wishes (
    .clk_i, .rst_ni,
    .in_data_i({ask_missed_i, ask_link_i, ask_ip_i}),
    .in_valid_i(ask_i && enable_i && (ask_missed_i || (wish_count == '0))),
    .in_ready_o(wish_ready),
    .out_data_o(wish_head), .out_valid_o(wish_valid), .out_ready_i(wish_pop),
    .count_o(wish_count)
  );

  // ---- the cache and its lookup -----------------------------------------------------------------
  logic [3:0] wr_way_q, res_way_q, res_used_q, hit_way, used, past;
  logic [5:0] wr_slot_q, look_slot_q, res_slot_q;
  logic [EntryW-1:0] wr_entry_q;
  logic [4*EntryW-1:0] set_q;
  logic [47:0] hit_mac, res_mac_q;
  logic [1:0] hit_asks, res_asks_q;
  logic hit_resolved, hit_past, res_found_q, res_resolved_q, res_past_q;

  for (genvar w = 0; w < 4; w++) begin : g_way
    (* ram_style = "distributed" *) logic [EntryW-1:0] mem [0:63];
    /* verilator lint_off UNUSEDSIGNAL */
    logic [31:0] late;  // sign alone
    /* verilator lint_on UNUSEDSIGNAL */
    logic [EntryW-1:0] entry;
    always_ff @(posedge clk_i) begin
      if (wr_way_q[w]) mem[wr_slot_q] <= wr_entry_q;
    end
    always_ff @(posedge clk_i) begin
      if (look_en_i) set_q[EntryW*w +: EntryW] <= mem[look_slot_i];
    end
    assign entry = set_q[EntryW*w +: EntryW];
    assign used[w] = entry[EntryW-1];
    assign hit_way[w] = res_en_i && used[w] && (entry[127:0] == look_ip_i);
    assign late = ticks_i - entry[207:176];
    assign past[w] = !late[31];
  end

  always_comb begin
    hit_mac = '0;
    hit_asks = '0;
    hit_resolved = 1'b0;
    hit_past = 1'b0;
    for (int w = 0; w < 4; w++) begin
      if (hit_way[w]) begin
        hit_mac = hit_mac | set_q[EntryW*w + 128 +: 48];
        hit_asks = hit_asks | set_q[EntryW*w + 208 +: 2];
        hit_resolved = hit_resolved | set_q[EntryW*w + ResolvedBit];
        hit_past = hit_past | past[w];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (look_en_i) look_slot_q <= look_slot_i;
    if (res_en_i) begin
      res_slot_q <= look_slot_q;
      res_way_q <= hit_way;
      res_used_q <= used;
      res_found_q <= hit_way != '0;
      res_resolved_q <= hit_resolved;
      res_asks_q <= hit_asks;
      res_mac_q <= hit_mac;
      res_past_q <= hit_past;
    end
  end

  assign res_hit_o = res_resolved_q;
  assign res_mac_o = res_mac_q;
  assign res_due_o = res_past_q;

  // ---- one change at a time ---------------------------------------------------------------------
  localparam logic [2:0] StateSweep = 3'd0;  // all entries are being made free
  localparam logic [2:0] StateIdle = 3'd1;
  localparam logic [2:0] StateToken = 3'd2;
  localparam logic [2:0] StateResult = 3'd3;
  localparam logic [2:0] StateWrite = 3'd4;  // entry and question
  logic [2:0] state_q;
  logic [5:0] sweep_q;
  logic dirty_q, wanted_q, take_heard, take_wish;

  logic op_heard_q, op_mac_valid_q, op_make_q, op_replace_q, op_proof_q, op_link_q, op_missed_q;
  logic [47:0] op_mac_q;
  logic [127:0] op_ip_q;

  assign take_heard = (state_q == StateIdle) && !wanted_q && enable_i && heard_valid;
  assign take_wish = (state_q == StateIdle) && !wanted_q && enable_i && !heard_valid &&
                     wish_valid;
  assign heard_pop = take_heard || !enable_i;
  assign wish_pop = take_wish || !enable_i;
  assign token_valid_o = state_q == StateToken;
  assign token_ip_o = op_ip_q;
  assign ready_o = (state_q != StateSweep) && !wanted_q;

  // The new entry, from the result of the token.
  logic write, ask, ask_group, wake, other_mac, resolved;
  logic [47:0] mac;
  logic [1:0] asks, rr_q;
  logic [31:0] age, age_q, delay_q, due, due_in;
  logic [3:0] victim;

  assign other_mac = op_mac_valid_q && (op_mac_q != res_mac_q);
  assign age = {10'd0, age_us_i[31:10]};
  always_ff @(posedge clk_i) begin
    age_q <= age;
    delay_q <= (age < DelayTicks) ? age : DelayTicks;
  end
  always_comb begin
    if (!op_heard_q) due_in = RetransTicks;
    else due_in = op_proof_q ? age_q : delay_q;
  end
  always_comb begin
    write = 1'b0;
    ask = 1'b0;
    ask_group = 1'b1;
    wake = 1'b0;
    resolved = 1'b1;
    mac = op_mac_q;
    asks = 2'd0;
    due = ticks_i + due_in;
    if (op_heard_q) begin
      if (!res_resolved_q) begin
        write = op_mac_valid_q && (res_found_q || op_make_q);
        wake = write && res_found_q;
      end else if (!other_mac) begin
        write = op_proof_q;
        mac = res_mac_q;
      end else if (op_replace_q) begin
        write = 1'b1;
      end else begin
        // Somebody else claims the address: ask at the next use (RFC 4861 7.2.5).
        write = (res_asks_q == 2'd0) && !res_past_q;
        mac = res_mac_q;
        due = ticks_i;
      end
    end else if (!res_resolved_q || (res_past_q && (res_asks_q == 2'd3))) begin
      write = !res_found_q || res_past_q;
      ask = write;
      resolved = 1'b0;
    end else begin
      write = res_past_q;
      ask = write;
      ask_group = 1'b0;
      wake = op_missed_q;
      mac = res_mac_q;
      asks = res_asks_q + 2'd1;
    end
  end
  always_comb begin
    if (res_found_q) victim = res_way_q;
    else if (!res_used_q[0]) victim = 4'b0001;
    else if (!res_used_q[1]) victim = 4'b0010;
    else if (!res_used_q[2]) victim = 4'b0100;
    else if (!res_used_q[3]) victim = 4'b1000;
    else victim = 4'b0001 << rr_q;
  end

  logic wake_q, ask_q, ask_group_q, ask_taken;
  logic [47:0] ask_mac_q;

  always_ff @(posedge clk_i) begin
    if (take_heard) begin
      {op_ip_q, op_mac_q, op_mac_valid_q, op_make_q, op_replace_q, op_proof_q} <= heard_head;
    end else if (take_wish) begin
      {op_missed_q, op_link_q, op_ip_q} <= wish_head;
    end
    if (state_q == StateIdle) op_heard_q <= heard_valid;
    if (state_q == StateSweep) begin
      wr_slot_q <= sweep_q;
      wr_entry_q <= '0;
    end else if (token_done_i) begin
      wr_slot_q <= res_slot_q;
      wr_entry_q <= {1'b1, resolved, asks, due, mac, op_ip_q};
      ask_group_q <= ask_group;
      ask_mac_q <= res_mac_q;
    end
    if (!rst_ni) begin
      state_q <= StateSweep;
      sweep_q <= '0;
      dirty_q <= 1'b0;
      wanted_q <= 1'b0;
      wr_way_q <= '0;
      wake_q <= 1'b0;
      ask_q <= 1'b0;
      rr_q <= '0;
    end else begin
      wr_way_q <= '0;
      wake_q <= 1'b0;
      if (enable_i) dirty_q <= 1'b1;
      else if (dirty_q) wanted_q <= 1'b1;
      if (ask_taken) ask_q <= 1'b0;
      case (state_q)
        StateSweep: begin
          wr_way_q <= '1;
          sweep_q <= sweep_q + 6'd1;
          if (sweep_q == '1) begin
            state_q <= StateIdle;
            dirty_q <= enable_i;
            wanted_q <= 1'b0;
          end
        end
        StateIdle: begin
          if (wanted_q) state_q <= StateSweep;
          else if (take_heard || take_wish) state_q <= StateToken;
        end
        StateToken: if (token_take_i) state_q <= StateResult;
        StateResult: begin
          if (token_done_i) begin
            state_q <= StateWrite;
            wr_way_q <= write ? victim : 4'b0000;
            if (write && !res_found_q && (res_used_q == '1)) rr_q <= rr_q + 2'd1;
            wake_q <= wake;
            ask_q <= ask;
          end
        end
        default: if (!ask_q || ask_taken) state_q <= StateIdle;
      endcase
    end
  end

  // toe_tx_resolve must not believe a lookup of before the write, which happens in this clock.
  assign wake_o = wake_q;

  // ---- packets to send: answers, questions, one announcement of ours when enabled ---------------
  logic answer_push, answer_valid_q, answer_taken, announce_q, announce_taken, enabled_q;
  logic [179:0] answer_q, msg;
  logic msg_push, msg_in_ready;
  logic [3:0] msg_count;
  logic op_nd;

  assign answer_push = enable_i &&
      ((arp_valid_i && arp_to_us && !arp_reply_i && heard_push) ||
       (nd_valid_i && nd_solicit_i && (nd_target_kind_i != 2'd0)));
  assign op_nd = op_ip_q[127:32] != toe_pkg::Ipv4Mapped;

  // An answer that finds another one waiting is lost; the asker repeats.
  always_ff @(posedge clk_i) begin
    if (answer_push && (!answer_valid_q || answer_taken)) begin
      if (nd_valid_i) begin
        // A sender without an address is told through the group of all nodes (RFC 4861 7.2.4).
        answer_q <= {2'b11, nd_target_kind_i == toe_pkg::LocalIpv6Link, nd_source_ip_i == '0,
                     nd_lladdr_valid_i ? nd_lladdr_i : nd_source_mac_i, nd_source_ip_i};
      end else begin
        answer_q <= {4'b0100, arp_sender_mac_i, toe_pkg::Ipv4Mapped, arp_sender_ip_i};
      end
    end
    if (!rst_ni) begin
      answer_valid_q <= 1'b0;
      announce_q <= 1'b0;
      enabled_q <= 1'b0;
    end else begin
      if (answer_push) answer_valid_q <= 1'b1;
      else if (answer_taken) answer_valid_q <= 1'b0;
      enabled_q <= enable_i;
      if (enable_i && !enabled_q) announce_q <= 1'b1;
      else if (announce_taken) announce_q <= 1'b0;
    end
  end

  assign msg_push = ask_q || answer_valid_q || announce_q;
  assign ask_taken = ask_q && msg_in_ready;
  assign answer_taken = answer_valid_q && !ask_q && msg_in_ready;
  assign announce_taken = announce_q && !ask_q && !answer_valid_q && msg_in_ready;
  always_comb begin
    if (ask_q) msg = {op_nd, 1'b0, op_link_q, ask_group_q, ask_mac_q, op_ip_q};
    else if (answer_valid_q) msg = answer_q;
    else msg = {4'b0001, 48'd0, toe_pkg::Ipv4Mapped, ipv4_i};
  end

  toe_fifo #(.Width(180), .Depth(8)) u_messages (
    .clk_i, .rst_ni,
    .in_data_i(msg), .in_valid_i(msg_push), .in_ready_o(msg_in_ready),
    .out_data_o(msg_o), .out_valid_o(msg_valid_o), .out_ready_i(msg_ready_i),
    .count_o(msg_count)
  );

  assign empty_o = (state_q == StateIdle) && !wanted_q && (enable_i || !dirty_q) &&
                   (enable_i == enabled_q) && (heard_count == '0) && (wish_count == '0) &&
                   (msg_count == '0) && !answer_valid_q && !announce_q;

  logic unused_ok;
  assign unused_ok = &{1'b0, heard_ready, wish_ready};

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(token_done_i && state_q != StateResult));
      assert ((hit_way & (hit_way - 4'd1)) == 4'd0 || !res_en_i);  // one for an address
    end
  end
`endif
`endif

endmodule
