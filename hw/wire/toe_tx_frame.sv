// SPDX-License-Identifier: Apache-2.0
// Makes frames of resolved segments, in their order. Payload is fetched, aligned and summed into
// the body queue while earlier frames leave; a frame's header follows when its sum is known, so
// nothing that was stored is written again. A segment has at most 16 KiB of payload. Headers have
// 54 to 118 bytes, so payload begins in the first beat or in the second.

module toe_tx_frame (
  input  logic         clk_i,
  input  logic         rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */
  input  toe_pkg::config_t cfg_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [127:0] own_link_i,     // of toe_own_addresses
  input  logic [18:0]  sum_ipv4_i,
  input  logic [18:0]  sum_ipv6_i,
  input  logic [18:0]  sum_link_i,
  input  toe_pkg::tx_segment_t seg_i,
  input  logic [47:0]  peer_mac_i,
  input  logic         valid_i,
  output logic         ready_o,
  output logic [63:0]  rd_cmd_addr_o,
  output logic [15:0]  rd_cmd_len_o,
  output logic         rd_cmd_valid_o,
  input  logic         rd_cmd_ready_i,
  input  logic [511:0] rd_data_i,
  input  logic         rd_valid_i,
  output logic         rd_ready_o,
  output logic [511:0] m_data_o,
  output logic [63:0]  m_keep_o,
  output logic         m_last_o,
  output logic         m_valid_o,
  input  logic         m_ready_i,
  output logic         there_o,        // a segment's payload is all there
  output logic         sent_o,         // a frame has left, with so much payload
  output logic [15:0]  sent_len_o,
  output logic         empty_o
);

  localparam int unsigned SegW = toe_pkg::TxSegmentW;
  localparam int unsigned Outstanding = 64;

  // ---- a segment enters two queues: its header's, and with payload the reader's -----------------
  logic [SegW-1:0] seg_vec, meta_vec;
  logic [47:0] meta_mac;
  logic meta_in_ready, read_ready, has_payload, meta_valid, meta_pop;
  logic [6:0] meta_count;
  logic [3:0] option_words, offset, meta_offset;
  logic [5:0] payload_at, before_tcp;
  toe_pkg::tx_segment_t meta;

  assign seg_vec = seg_i;
  assign has_payload = seg_i.len != '0;
  assign before_tcp = ((seg_i.tuple.local_kind == toe_pkg::LocalIpv4) ? 6'd34 : 6'd54) +
                      {3'd0, cfg_i.vlan_on, 2'b00};
  assign payload_at = before_tcp + {offset, 2'b00};
  assign ready_o = meta_in_ready && read_ready;

  always_comb begin
    if (seg_i.ts_valid) option_words = 4'd3;
    else option_words = {3'd0, seg_i.sack_ok};
    option_words = option_words + {3'd0, seg_i.mss_valid} + {3'd0, seg_i.ws_valid};
    if (seg_i.sack_count != 3'd0) option_words = option_words + {seg_i.sack_count, 1'b1};
  end
  assign offset = 4'd5 + option_words;

  toe_fifo #(.Width(SegW + 48 + 4), .Depth(Outstanding)) u_meta (
    .clk_i, .rst_ni,
    .in_data_i({offset, peer_mac_i, seg_vec}), .in_valid_i(valid_i && read_ready),
    .in_ready_o(meta_in_ready),
    .out_data_o({meta_offset, meta_mac, meta_vec}), .out_valid_o(meta_valid),
    .out_ready_i(meta_pop), .count_o(meta_count)
  );
  assign meta = meta_vec;

  logic [41:0] part_in, part_out;
  logic part_in_valid, part_in_ready, part_out_valid, part_out_ready;
  logic [6:0] part_count;

  toe_tx_read u_read (
    .clk_i, .rst_ni,
    .ring_page_i(seg_i.ring_page), .ring_log2_i(seg_i.ring_log2),
    .ring_offset_i(seg_i.ring_offset), .len_i(seg_i.len), .at_i(payload_at),
    .valid_i(valid_i && meta_in_ready && has_payload), .ready_o(read_ready),
    .cmd_addr_o(rd_cmd_addr_o), .cmd_len_o(rd_cmd_len_o), .cmd_valid_o(rd_cmd_valid_o),
    .cmd_ready_i(rd_cmd_ready_i),
    .part_o(part_in), .part_valid_o(part_in_valid), .part_ready_i(part_in_ready)
  );
  toe_fifo #(.Width(42), .Depth(Outstanding)) u_parts (
    .clk_i, .rst_ni,
    .in_data_i(part_in), .in_valid_i(part_in_valid), .in_ready_o(part_in_ready),
    .out_data_o(part_out), .out_valid_o(part_out_valid), .out_ready_i(part_out_ready),
    .count_o(part_count)
  );

  logic [511:0] body;
  logic body_last, body_valid, body_ready, sum_valid, sum_ready;
  logic [31:0] sum;

  toe_tx_align u_align (
    .clk_i, .rst_ni,
    .part_i(part_out), .part_valid_i(part_out_valid), .part_ready_o(part_out_ready),
    .line_i(rd_data_i), .line_valid_i(rd_valid_i), .line_ready_o(rd_ready_o),
    .body_o(body), .body_last_o(body_last), .body_valid_o(body_valid), .body_ready_i(body_ready),
    .sum_o(sum), .sum_valid_o(sum_valid), .sum_ready_i(sum_ready)
  );

  // ---- headers ----------------------------------------------------------------------------------
  localparam int unsigned HeaderDepth = 16;
  logic [943:0] header_in, header;
  logic [5:0] end_in, frame_end;
  logic empty_in, long_in, late_in, no_payload, header_long, body_late;
  logic header_in_valid, header_in_ready, header_valid, header_pop;
  logic header_busy, meta_bare, header_room;
  logic [4:0] header_count;

  assign meta_bare = meta.len == '0;
  assign header_room = header_count < 5'(HeaderDepth - 4);
  assign meta_pop = meta_valid && header_room && (meta_bare || sum_valid);
  assign sum_ready = meta_pop && !meta_bare;
  assign there_o = sum_ready;

  toe_tx_header u_header (
    .clk_i, .rst_ni, .cfg_i, .own_link_i, .sum_ipv4_i, .sum_ipv6_i, .sum_link_i,
    .seg_i(meta), .offset_i(meta_offset), .peer_mac_i(meta_mac),
    .payload_sum_i(meta_bare ? 32'd0 : sum), .valid_i(meta_pop),
    .header_o(header_in), .end_o(end_in), .long_o(long_in), .body_late_o(late_in),
    .no_payload_o(empty_in), .valid_o(header_in_valid), .busy_o(header_busy)
  );
  toe_fifo #(.Width(953), .Depth(HeaderDepth)) u_headers (
    .clk_i, .rst_ni,
    .in_data_i({late_in, long_in, empty_in, end_in, header_in}), .in_valid_i(header_in_valid),
    .in_ready_o(header_in_ready),
    .out_data_o({body_late, header_long, no_payload, frame_end, header}),
    .out_valid_o(header_valid), .out_ready_i(header_pop), .count_o(header_count)
  );

  // ---- output: header and body laid over each other ---------------------------------------------
  logic first_q, second_q, take, needs_body;
  logic [63:0] end_keep;

  for (genvar i = 0; i < 64; i++) begin : g_keep
    if (i < 60) begin : g_min  // frames have at least 60 bytes
      assign end_keep[i] = (frame_end == '0) || (frame_end > 6'(i)) || first_q;
    end else if (i < 63) begin : g_any
      assign end_keep[i] = (frame_end == '0) || (frame_end > 6'(i));
    end else begin : g_end
      assign end_keep[i] = frame_end == '0;
    end
  end
  assign needs_body = !no_payload && !(first_q && body_late);
  assign m_valid_o = header_valid && (!needs_body || body_valid);
  assign m_last_o = no_payload ? !(first_q && header_long) : (needs_body && body_last);
  always_comb begin
    m_data_o = 'x;
    if (m_valid_o) begin  // else nobody looks, and a simulation need not work
      m_data_o = needs_body ? body : 512'd0;
      if (first_q) m_data_o = m_data_o | header[511:0];
      else if (second_q) m_data_o = m_data_o | {80'd0, header[943:512]};
    end
  end
  assign m_keep_o = m_last_o ? end_keep : '1;
  assign take = m_valid_o && m_ready_i;
  assign header_pop = take && m_last_o;
  assign body_ready = take && needs_body;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      second_q <= 1'b0;
    end else if (take) begin
      first_q <= m_last_o;
      second_q <= first_q && !m_last_o;
    end
  end

  // ---- frames between the input and the output, by their payload --------------------------------
  localparam int unsigned Inside = 128;  // headers that wait and are made, and Outstanding
  logic [7:0] lens_count;
  logic lens_ready, lens_valid;

  toe_fifo #(.Width(16), .Depth(Inside), .Distributed(Inside)) u_lens (
    .clk_i, .rst_ni,
    .in_data_i(seg_i.len), .in_valid_i(valid_i && ready_o), .in_ready_o(lens_ready),
    .out_data_o(sent_len_o), .out_valid_o(lens_valid), .out_ready_i(header_pop),
    .count_o(lens_count)
  );
  assign sent_o = header_pop;
  assign empty_o = lens_count == '0;

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(header_in_valid && !header_in_ready));
      assert (empty_o ? !meta_valid && !header_valid && !header_busy : 1'b1);
      assert (lens_ready || !valid_i);
      assert (lens_valid || !header_pop);
      assert (part_count <= 7'(Outstanding) && meta_count <= 7'(Outstanding));
      assert (!(valid_i && seg_i.len > 16'd16384));
      assert (!(valid_i && option_words > 4'd10));
    end
  end
`endif
`endif

endmodule
