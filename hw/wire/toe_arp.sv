// SPDX-License-Identifier: Apache-2.0
// ARP (RFC 826): the cache of neighbours, answers, questions and one announcement of ourselves when
// the card is enabled. The cache is direct mapped, 256 entries, no two addresses of a /24 share
// one. Learned is from packets whose target we are. A question about one address is put at most
// every 200 ms (as far as 16 remembered questions go). An entry older than age_us_i is still used.

module toe_arp (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,
  input  logic [47:0]  mac_i,
  input  logic [31:0]  ipv4_i,
  input  logic [31:0]  age_us_i,
  input  logic [31:0]  now_us_i,

  input  logic         rx_valid_i,     // a verified ARP packet
  input  logic         rx_reply_i,
  input  logic [47:0]  rx_sender_mac_i,
  input  logic [31:0]  rx_sender_ip_i,
  input  logic [31:0]  rx_target_ip_i,

  input  logic [31:0]  look_ip_i,      // answer in the same clock
  input  logic [7:0]   look_slot_i,    // octets 1 to 3 of look_ip_i, exclusive or, from a register
  output logic         look_hit_o,
  output logic [47:0]  look_mac_o,
  output logic         look_stale_o,
  input  logic         ask_i,          // put a question about look_ip_i
  output logic         learned_o,      // the cache changed: from this clock on it answers with it

  output logic [511:0] m_data_o,
  output logic [63:0]  m_keep_o,
  output logic         m_last_o,
  output logic         m_valid_o,
  input  logic         m_ready_i,
  output logic         request_sent_o,
  output logic         empty_o
);

  // ---- cache: address, MAC, time learned --------------------------------------------------------
  (* ram_style = "distributed" *) logic [111:0] cache_mem [0:255];
  logic [255:0] cache_valid_q;
  logic learn_q, learned_q, reply_q;
  logic [31:0] learn_ip_q;
  logic [47:0] learn_mac_q;
  logic [111:0] look_entry;
  logic [31:0] look_age;
  logic [7:0] learn_slot_q;

  assign look_entry = cache_mem[look_slot_i];
  assign look_hit_o = cache_valid_q[look_slot_i] && (look_entry[111:80] == look_ip_i);
  assign look_mac_o = look_entry[79:32];
  assign look_age = now_us_i - look_entry[31:0];
  assign look_stale_o = look_age > age_us_i;
  assign learned_o = learned_q;

  always_ff @(posedge clk_i) begin
    if (rx_valid_i) begin
      learn_ip_q <= rx_sender_ip_i;
      learn_slot_q <= rx_sender_ip_i[7:0] ^ rx_sender_ip_i[15:8] ^ rx_sender_ip_i[23:16];
      learn_mac_q <= rx_sender_mac_i;
    end
    if (learn_q) cache_mem[learn_slot_q] <= {learn_ip_q, learn_mac_q, now_us_i};
    if (!rst_ni || !enable_i) begin
      cache_valid_q <= '0;
      learn_q <= 1'b0;
      learned_q <= 1'b0;
      reply_q <= 1'b0;
    end else begin
      learn_q <= rx_valid_i && (rx_target_ip_i == ipv4_i) && (rx_sender_ip_i != 32'd0) &&
                 (rx_sender_ip_i != ipv4_i);
      reply_q <= rx_valid_i && (rx_target_ip_i == ipv4_i) && !rx_reply_i;
      learned_q <= learn_q;
      if (learn_q) cache_valid_q[learn_slot_q] <= 1'b1;
    end
  end

  // ---- questions already put --------------------------------------------------------------------
  localparam logic [31:0] AskEveryUs = 32'd200_000;
  (* ram_style = "distributed" *) logic [63:0] asked_mem [0:15];
  logic [15:0] asked_valid_q;
  logic [3:0] ask_slot;
  logic [31:0] ask_age;
  logic [31:0] ask_ip_q;
  logic ask_q, ask_recent, ask_fresh, ask_ready, announce_q, enabled_q, announce_take;

  assign ask_slot = ask_ip_q[3:0] ^ ask_ip_q[7:4] ^ ask_ip_q[11:8] ^ ask_ip_q[15:12];
  assign ask_age = now_us_i - asked_mem[ask_slot][31:0];
  assign ask_recent = asked_valid_q[ask_slot] && (asked_mem[ask_slot][63:32] == ask_ip_q) &&
                      (ask_age < AskEveryUs);
  assign ask_fresh = ask_q && !ask_recent && !announce_q && ask_ready;
  assign announce_take = announce_q && ask_ready;

  always_ff @(posedge clk_i) begin
    if (ask_i) ask_ip_q <= look_ip_i;
    if (ask_fresh) asked_mem[ask_slot] <= {ask_ip_q, now_us_i};
    if (!rst_ni) begin
      ask_q <= 1'b0;
      asked_valid_q <= '0;
      announce_q <= 1'b0;
      enabled_q <= 1'b0;
    end else begin
      ask_q <= ask_i;
      enabled_q <= enable_i;
      if (!enable_i) asked_valid_q <= '0;
      else if (ask_fresh) asked_valid_q[ask_slot] <= 1'b1;
      if (enable_i && !enabled_q) announce_q <= 1'b1;
      else if (announce_take) announce_q <= 1'b0;
    end
  end

  // ---- packets to send: questions {address}, answers {MAC, address} -----------------------------
  logic [31:0] ask_ip;
  logic [79:0] reply_head;
  logic ask_valid, reply_valid, choose_reply, load;
  logic [2:0] ask_count, reply_count;

  toe_fifo #(.Width(32), .Depth(4)) u_questions (
    .clk_i, .rst_ni,
    .in_data_i(announce_q ? ipv4_i : ask_ip_q), .in_valid_i(announce_q || (ask_q && !ask_recent)),
    .in_ready_o(ask_ready),
    .out_data_o(ask_ip), .out_valid_o(ask_valid), .out_ready_i(load && !choose_reply),
    .count_o(ask_count)
  );
  // A full queue loses the answer; the asker repeats.
  toe_fifo #(.Width(80), .Depth(4)) u_answers (
    .clk_i, .rst_ni,
    .in_data_i({learn_mac_q, learn_ip_q}), .in_valid_i(reply_q),
    /* verilator lint_off PINCONNECTEMPTY */ .in_ready_o(), /* verilator lint_on PINCONNECTEMPTY */
    .out_data_o(reply_head), .out_valid_o(reply_valid), .out_ready_i(load && choose_reply),
    .count_o(reply_count)
  );

  logic [335:0] frame_q;
  logic frame_valid_q, frame_ask_q;
  logic [47:0] mac_wire, peer_mac_wire;
  logic [31:0] ip_wire, peer_ip, peer_ip_wire;

  assign choose_reply = reply_valid;
  assign load = !frame_valid_q || m_ready_i;
  assign peer_ip = choose_reply ? reply_head[31:0] : ask_ip;
  assign mac_wire = {mac_i[7:0], mac_i[15:8], mac_i[23:16], mac_i[31:24], mac_i[39:32],
                     mac_i[47:40]};
  assign peer_mac_wire = {reply_head[39:32], reply_head[47:40], reply_head[55:48],
                          reply_head[63:56], reply_head[71:64], reply_head[79:72]};
  assign ip_wire = {ipv4_i[7:0], ipv4_i[15:8], ipv4_i[23:16], ipv4_i[31:24]};
  assign peer_ip_wire = {peer_ip[7:0], peer_ip[15:8], peer_ip[23:16], peer_ip[31:24]};

  always_ff @(posedge clk_i) begin
    if (load && (reply_valid || ask_valid)) begin
      frame_q <= {peer_ip_wire, choose_reply ? peer_mac_wire : 48'd0, ip_wire, mac_wire,
                  choose_reply ? 16'h0200 : 16'h0100, 48'h0406_0008_0100, 16'h0608,
                  mac_wire, choose_reply ? peer_mac_wire : 48'hffff_ffff_ffff};
      frame_ask_q <= !choose_reply;
    end
    if (!rst_ni) frame_valid_q <= 1'b0;
    else if (load) frame_valid_q <= reply_valid || ask_valid;
  end

  assign m_data_o = {176'd0, frame_q};
  assign m_keep_o = 64'h0fff_ffff_ffff_ffff;
  assign m_last_o = 1'b1;
  assign m_valid_o = frame_valid_q;
  assign request_sent_o = frame_valid_q && m_ready_i && frame_ask_q;
  assign empty_o = (ask_count == '0) && (reply_count == '0) && !frame_valid_q && !announce_q &&
                   !ask_q &&
                   !learn_q && !learned_q && !reply_q && (enable_i == enabled_q);

endmodule
