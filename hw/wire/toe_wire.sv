// SPDX-License-Identifier: Apache-2.0
// Everything between frames and TCP segments: verification, frame buffer and options on the way in;
// next hop, payload, checksums and headers on the way out; ARP, neighbour discovery and ICMP echo
// besides.
//
// Every received frame ends in exactly one of: a segment at rx_seg_o, an ARP packet, a neighbour
// discovery message, an echo, or one of the drop counters. s_axis_tready_o is always 1: what does
// not fit is dropped.

module toe_wire (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */
  input  toe_pkg::config_t     cfg_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [31:0]          now_us_i,
  input  logic [31:0]          now_ticks_i,    // of 1,024 us

  input  logic [511:0]         s_axis_tdata_i,
  input  logic [63:0]          s_axis_tkeep_i,
  input  logic                 s_axis_tlast_i,
  input  logic                 s_axis_tuser_i,
  input  logic                 s_axis_tvalid_i,
  output logic                 s_axis_tready_o,
  output logic [511:0]         m_axis_tdata_o,
  output logic [63:0]          m_axis_tkeep_o,
  output logic                 m_axis_tlast_o,
  output logic                 m_axis_tvalid_o,
  input  logic                 m_axis_tready_i,

  output toe_pkg::segment_t    rx_seg_o,
  output logic                 rx_seg_valid_o,
  input  logic                 rx_seg_ready_i,
  output logic [511:0]         fb_data_o,      // whole frames of segments with payload, in order
  output logic                 fb_last_o,
  output logic                 fb_valid_o,
  input  logic                 fb_ready_i,

  input  toe_pkg::tx_segment_t tx_seg_i,
  input  logic                 tx_seg_valid_i,
  output logic                 tx_seg_ready_o,
  output logic [63:0]          rd_cmd_addr_o,
  output logic [15:0]          rd_cmd_len_o,
  output logic                 rd_cmd_valid_o,
  input  logic                 rd_cmd_ready_i,
  input  logic [511:0]         rd_data_i,      // the aligned 64-byte lines that cover each command
  input  logic                 rd_valid_i,
  output logic                 rd_ready_o,

  output logic                 deadline_valid_o,
  output logic [31:0]          deadline_us_o,
  output logic                 idle_o,

  output logic                 cnt_rx_frames_o,
  output logic                 cnt_rx_tcp_segments_o,
  output logic                 cnt_rx_dropped_eth_o,
  output logic                 cnt_rx_dropped_ip_o,
  output logic                 cnt_rx_dropped_ip6_o,
  output logic                 cnt_rx_dropped_tcp_o,
  output logic                 cnt_rx_dropped_overrun_o,
  output logic                 cnt_rx_icmp_echo_o,
  output logic                 cnt_rx_arp_o,
  output logic                 cnt_rx_icmp6_nd_o,
  output logic                 cnt_tx_frames_o,
  output logic                 cnt_tx_tcp_segments_o,
  output logic                 cnt_tx_arp_requests_o,
  output logic                 cnt_tx_icmp6_solicits_o,
  output logic                 cnt_tx_dropped_unresolved_o
);

  assign s_axis_tready_o = 1'b1;

  logic [127:0] own_link;
  logic [18:0] sum_mac, sum_ipv4, sum_ipv6, sum_link;

  toe_own_addresses u_own (
    .clk_i, .cfg_i, .link_o(own_link), .sum_mac_o(sum_mac), .sum_ipv4_o(sum_ipv4),
    .sum_ipv6_o(sum_ipv6), .sum_link_o(sum_link)
  );

  // ---- receive ----------------------------------------------------------------------------------
  logic [511:0] beat_data;
  logic beat_last, beat_valid, beat_tcp, beat_icmp;
  logic ok_tcp, ok_icmp, ok_arp, ok_echo6, ok_nd, parse_busy;
  logic drop_eth, drop_ip, drop_ip6, drop_tcp;
  toe_pkg::segment_t seg;
  logic [319:0] options;
  logic [159:0] early_options;
  logic [3:0] options_words, extension_units;
  logic [1:0] extension_first;
  logic [16:0] extension_sum;
  logic [511:0] extension;
  logic extended;
  logic arp_reply;
  logic [47:0] arp_sender_mac;
  logic [31:0] arp_sender_ip, arp_target_ip;
  /* verilator lint_off UNUSEDSIGNAL */
  logic nd_solicit, nd_lladdr_valid, nd_router, nd_solicited, nd_override, nd_multicast;
  logic [127:0] nd_source_ip, nd_target_ip;
  logic [47:0] nd_source_mac, nd_lladdr;
  logic [1:0] nd_target_kind;
  /* verilator lint_on UNUSEDSIGNAL */

  toe_rx_parse u_parse (
    .clk_i, .rst_ni, .enable_i(cfg_i.enable), .mac_i(cfg_i.mac), .ipv4_i(cfg_i.ipv4),
    .ipv6_i(cfg_i.ipv6), .vlan_on_i(cfg_i.vlan_on), .vlan_id_i(cfg_i.vlan_tci[11:0]),
    .s_axis_tdata_i, .s_axis_tkeep_i, .s_axis_tlast_i, .s_axis_tuser_i, .s_axis_tvalid_i,
    .beat_data_o(beat_data), .beat_last_o(beat_last), .beat_valid_o(beat_valid),
    .beat_tcp_o(beat_tcp), .beat_icmp_o(beat_icmp),
    .ok_tcp_o(ok_tcp), .ok_icmp_o(ok_icmp), .ok_arp_o(ok_arp),
    .ok_echo6_o(ok_echo6), .ok_nd_o(ok_nd),
    .drop_eth_o(drop_eth), .drop_ip_o(drop_ip), .drop_ip6_o(drop_ip6), .drop_tcp_o(drop_tcp),
    .seg_o(seg), .options_o(options), .early_options_o(early_options),
    .options_words_o(options_words),
    .extended_o(extended), .extension_o(extension), .extension_units_o(extension_units),
    .extension_first_o(extension_first), .extension_sum_o(extension_sum),
    .arp_reply_o(arp_reply), .arp_sender_mac_o(arp_sender_mac),
    .arp_sender_ip_o(arp_sender_ip), .arp_target_ip_o(arp_target_ip),
    .nd_solicit_o(nd_solicit), .nd_source_ip_o(nd_source_ip), .nd_source_mac_o(nd_source_mac),
    .nd_target_ip_o(nd_target_ip), .nd_target_kind_o(nd_target_kind),
    .nd_lladdr_valid_o(nd_lladdr_valid), .nd_lladdr_o(nd_lladdr), .nd_router_o(nd_router),
    .nd_solicited_o(nd_solicited), .nd_override_o(nd_override), .nd_multicast_o(nd_multicast),
    .busy_o(parse_busy)
  );

  logic store_overflow, store_last, store_valid, store_ready, store_empty;
  logic seg_in_ready, seg_stored, tcp_fits, icmp_overflow;

  assign seg_stored = seg.len != '0;
  assign tcp_fits = seg_in_ready && !(seg_stored && store_overflow);

  toe_frame_buffer #(.Depth(512)) u_store (
    .clk_i, .rst_ni,
    .wr_data_i(beat_data), .wr_last_i(beat_last), .wr_valid_i(beat_valid && beat_tcp),
    .wr_commit_i(ok_tcp && tcp_fits && seg_stored), .wr_overflow_o(store_overflow),
    .data_o(fb_data_o), .last_o(store_last), .valid_o(store_valid), .ready_i(store_ready),
    .empty_o(store_empty)
  );

  logic frame_keep, frame_valid, option_drop, extension_drop, segments_empty;
  logic token_keep, token_valid, token_in_ready;
  logic [9:0] token_count;

  toe_rx_options #(.Depth(32)) u_options (
    .clk_i, .rst_ni,
    .early_options_i(early_options), .in_seg_i(seg), .in_options_i(options),
    .in_words_i(options_words),
    .in_extended_i(extended), .in_extension_i(extension), .in_units_i(extension_units),
    .in_first_i(extension_first), .in_sum_i(extension_sum),
    .in_valid_i(ok_tcp && tcp_fits), .in_ready_o(seg_in_ready),
    .seg_o(rx_seg_o), .seg_valid_o(rx_seg_valid_o), .seg_ready_i(rx_seg_ready_i),
    .frame_keep_o(frame_keep), .frame_valid_o(frame_valid),
    .hold_drop_i(drop_tcp || drop_ip6), .drop_o(option_drop), .drop_ip6_o(extension_drop),
    .empty_o(segments_empty)
  );

  // A frame leaves the store when its segment was taken, or was dropped for its options.
  toe_fifo #(.Width(1), .Depth(512)) u_tokens (
    .clk_i, .rst_ni,
    .in_data_i(frame_keep), .in_valid_i(frame_valid), .in_ready_o(token_in_ready),
    .out_data_o(token_keep), .out_valid_o(token_valid),
    .out_ready_i(store_valid && store_ready && store_last), .count_o(token_count)
  );
  assign fb_last_o = store_last;
  assign fb_valid_o = store_valid && token_valid && token_keep;
  assign store_ready = token_valid && (fb_ready_i || !token_keep);

  // ---- neighbours and echoes --------------------------------------------------------------------
  logic cache_ready, nb_token_valid, nb_token_take, nb_token_done;
  logic look_en, res_en, res_hit, res_due;
  logic [127:0] nb_token_ip, look_ip, ask_ip;
  logic [5:0] look_slot;
  logic [47:0] res_mac;
  logic ask, ask_link, ask_missed, wake;
  logic [179:0] msg;
  logic msg_valid, msg_ready, cache_empty, messages_empty, icmp_empty;
  logic [511:0] nb_data, icmp_data, tcp_data;
  logic [63:0] nb_keep, icmp_keep, tcp_keep;
  logic nb_last, nb_valid, nb_ready, icmp_last, icmp_valid, icmp_ready;
  logic tcp_last, tcp_valid, tcp_ready;

  toe_neighbours u_neighbours (
    .clk_i, .rst_ni, .enable_i(cfg_i.enable), .ipv4_i(cfg_i.ipv4), .age_us_i(cfg_i.arp_age_us),
    .ticks_i(now_ticks_i),
    .arp_valid_i(ok_arp), .arp_reply_i(arp_reply), .arp_sender_mac_i(arp_sender_mac),
    .arp_sender_ip_i(arp_sender_ip), .arp_target_ip_i(arp_target_ip),
    .nd_valid_i(ok_nd), .nd_solicit_i(nd_solicit), .nd_source_ip_i(nd_source_ip),
    .nd_source_mac_i(nd_source_mac), .nd_target_ip_i(nd_target_ip),
    .nd_target_kind_i(nd_target_kind), .nd_lladdr_valid_i(nd_lladdr_valid),
    .nd_lladdr_i(nd_lladdr), .nd_solicited_i(nd_solicited), .nd_override_i(nd_override),
    .nd_multicast_i(nd_multicast),
    .ready_o(cache_ready), .token_valid_o(nb_token_valid), .token_ip_o(nb_token_ip),
    .token_take_i(nb_token_take), .token_done_i(nb_token_done), .look_en_i(look_en),
    .look_slot_i(look_slot), .res_en_i(res_en), .look_ip_i(look_ip), .res_hit_o(res_hit),
    .res_mac_o(res_mac), .res_due_o(res_due),
    .ask_i(ask), .ask_ip_i(ask_ip), .ask_link_i(ask_link), .ask_missed_i(ask_missed),
    .wake_o(wake), .msg_o(msg), .msg_valid_o(msg_valid), .msg_ready_i(msg_ready),
    .empty_o(cache_empty)
  );

  toe_neighbour_frames u_neighbour_frames (
    .clk_i, .rst_ni, .cfg_i, .own_link_i(own_link), .sum_mac_i(sum_mac), .sum_ipv6_i(sum_ipv6),
    .sum_link_i(sum_link),
    .msg_i(msg), .msg_valid_i(msg_valid), .msg_ready_o(msg_ready),
    .m_data_o(nb_data), .m_keep_o(nb_keep), .m_last_o(nb_last), .m_valid_o(nb_valid),
    .m_ready_i(nb_ready), .arp_request_sent_o(cnt_tx_arp_requests_o),
    .solicit_sent_o(cnt_tx_icmp6_solicits_o), .empty_o(messages_empty)
  );

  toe_icmp_echo u_icmp (
    .clk_i, .rst_ni, .time_to_live_i(cfg_i.time_to_live), .vlan_on_i(cfg_i.vlan_on),
    .vlan_tci_i(cfg_i.vlan_tci),
    .beat_data_i(beat_data), .beat_last_i(beat_last), .beat_valid_i(beat_valid && beat_icmp),
    .beat_ok_i(ok_icmp || ok_echo6), .overflow_o(icmp_overflow),
    .m_data_o(icmp_data), .m_keep_o(icmp_keep), .m_last_o(icmp_last), .m_valid_o(icmp_valid),
    .m_ready_i(icmp_ready), .empty_o(icmp_empty)
  );

  // ---- transmit ---------------------------------------------------------------------------------
  toe_pkg::tx_segment_t out_seg;
  logic [47:0] out_mac;
  logic out_valid, out_ready, resolve_idle, frame_empty, resolve_ready, budget_room;
  logic back, again, there, sent;
  logic [15:0] back_len, again_len, sent_len;

  toe_tx_budget u_budget (
    .clk_i, .rst_ni, .len_i(tx_seg_i.len), .room_o(budget_room),
    .enter_i(tx_seg_valid_i && tx_seg_ready_o), .again_i(again), .again_len_i(again_len),
    .back_i(back), .back_len_i(back_len),
    .read_i(out_valid && out_ready && out_seg.len != 16'd0), .read_lines_i(out_seg.len[15:6]),
    .there_i(there), .sent_i(sent), .sent_len_i(sent_len)
  );
  assign tx_seg_ready_o = resolve_ready && budget_room;

  toe_tx_resolve u_resolve (
    .clk_i, .rst_ni, .cfg_i, .now_us_i,
    .in_seg_i(tx_seg_i), .in_valid_i(tx_seg_valid_i && budget_room), .in_ready_o(resolve_ready),
    .cache_ready_i(cache_ready), .token_valid_i(nb_token_valid), .token_ip_i(nb_token_ip),
    .token_take_o(nb_token_take), .token_done_o(nb_token_done), .look_en_o(look_en),
    .look_slot_o(look_slot), .res_en_o(res_en), .look_ip_o(look_ip), .res_hit_i(res_hit),
    .res_mac_i(res_mac), .res_due_i(res_due),
    .ask_o(ask), .ask_ip_o(ask_ip), .ask_link_o(ask_link), .ask_missed_o(ask_missed),
    .wake_i(wake),
    .seg_o(out_seg), .mac_o(out_mac), .valid_o(out_valid), .ready_i(out_ready),
    .drop_o(cnt_tx_dropped_unresolved_o), .back_o(back), .back_len_o(back_len),
    .again_o(again), .again_len_o(again_len), .deadline_valid_o, .deadline_us_o,
    .idle_o(resolve_idle)
  );

  toe_tx_frame u_frame (
    .clk_i, .rst_ni, .cfg_i, .own_link_i(own_link), .sum_ipv4_i(sum_ipv4),
    .sum_ipv6_i(sum_ipv6), .sum_link_i(sum_link),
    .seg_i(out_seg), .peer_mac_i(out_mac), .valid_i(out_valid), .ready_o(out_ready),
    .rd_cmd_addr_o, .rd_cmd_len_o, .rd_cmd_valid_o, .rd_cmd_ready_i,
    .rd_data_i, .rd_valid_i, .rd_ready_o,
    .m_data_o(tcp_data), .m_keep_o(tcp_keep), .m_last_o(tcp_last), .m_valid_o(tcp_valid),
    .m_ready_i(tcp_ready), .there_o(there), .sent_o(sent), .sent_len_o(sent_len),
    .empty_o(frame_empty)
  );

  toe_tx_mux u_mux (
    .clk_i, .rst_ni,
    .a_data_i(nb_data), .a_keep_i(nb_keep), .a_last_i(nb_last), .a_valid_i(nb_valid),
    .a_ready_o(nb_ready),
    .b_data_i(icmp_data), .b_keep_i(icmp_keep), .b_last_i(icmp_last), .b_valid_i(icmp_valid),
    .b_ready_o(icmp_ready),
    .c_data_i(tcp_data), .c_keep_i(tcp_keep), .c_last_i(tcp_last), .c_valid_i(tcp_valid),
    .c_ready_o(tcp_ready),
    .m_data_o(m_axis_tdata_o), .m_keep_o(m_axis_tkeep_o), .m_last_o(m_axis_tlast_o),
    .m_valid_o(m_axis_tvalid_o), .m_ready_i(m_axis_tready_i)
  );

  // ---- what others want to know -----------------------------------------------------------------
  assign cnt_rx_frames_o = ok_tcp || ok_icmp || ok_arp || ok_echo6 || ok_nd || drop_eth ||
                           drop_ip || drop_ip6 || drop_tcp;
  assign cnt_rx_tcp_segments_o = rx_seg_valid_o && rx_seg_ready_i && !rx_seg_o.icmp;
  assign cnt_rx_dropped_eth_o = drop_eth;
  assign cnt_rx_dropped_ip_o = drop_ip;
  assign cnt_rx_dropped_ip6_o = drop_ip6 || extension_drop;
  assign cnt_rx_dropped_tcp_o = drop_tcp || option_drop;
  assign cnt_rx_dropped_overrun_o = (ok_tcp && !tcp_fits) ||
                                    ((ok_icmp || ok_echo6) && icmp_overflow);
  assign cnt_rx_icmp_echo_o = (ok_icmp || ok_echo6) && !icmp_overflow;
  assign cnt_rx_arp_o = ok_arp;
  assign cnt_rx_icmp6_nd_o = ok_nd;
  assign cnt_tx_frames_o = m_axis_tvalid_o && m_axis_tready_i && m_axis_tlast_o;
  assign cnt_tx_tcp_segments_o = tcp_valid && tcp_ready && tcp_last;
  assign idle_o = !parse_busy && segments_empty && store_empty && (token_count == '0) &&
                  cache_empty && messages_empty && icmp_empty && resolve_idle && frame_empty &&
                  !m_axis_tvalid_o;

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) assert (!(frame_valid && !token_in_ready));
  end
`endif
`endif

endmodule
