// SPDX-License-Identifier: Apache-2.0
// Lays out a segment's TCP options in 32-bit words, first octet of the wire highest. Combinational.
//
// order_i 0, as Linux writes them: MSS; SACK-permitted and timestamps in three words, NOPs in place
// of what is missing; NOP, window scale. 1, as FreeBSD writes them: MSS; NOP, window scale; the
// three words as before; SACK-permitted alone ends the list. Both then: NOP, NOP, SACK (RFC 9293
// 3.1, RFC 7323 2.2 and 3.2 and appendix A, RFC 2018 2 and 3).
// What comes first is fixed_o, at its left; the SACK option, blocks_o, is to follow it.

module toe_tx_options (
  input  logic         order_i,
  input  logic         valid_i,        // else the outputs mean nothing, and a simulation rests
  /* verilator lint_off UNUSEDSIGNAL */
  input  toe_pkg::tx_segment_t seg_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [159:0] fixed_o,        // zero behind fixed_words_o words
  output logic [2:0]   fixed_words_o,
  output logic [287:0] blocks_o,       // zero behind the last block
  output logic [17:0]  sum_o           // of 16-bit words but timestamps and SACK blocks
);

  logic [31:0] mss, ws, alone;
  logic [95:0] head;      // timestamps, SACK-permitted or both: left aligned
  logic [127:0] behind;   // all but the MSS
  logic [1:0] head_words;
  logic more;

  assign more = seg_i.sack_count != 3'd0;
  always_comb begin
    mss = {16'h0204, seg_i.mss};
    ws = {24'h010303, 4'd0, seg_i.ws};
    alone = order_i ? {16'h0402, more ? 16'h0101 : 16'h0000} : 32'h01010402;
    head = 'x;
    behind = 'x;
    fixed_o = 'x;
    blocks_o = 'x;
    if (valid_i) begin
      if (seg_i.ts_valid) begin
        head = {seg_i.sack_ok ? 16'h0402 : 16'h0101, 16'h080a, seg_i.ts_val, seg_i.ts_ecr};
      end else begin
        head = {seg_i.sack_ok ? alone : 32'd0, 64'd0};
      end
      behind = {head, 32'd0};
      if (seg_i.ws_valid) begin
        if (order_i) behind = {ws, head};
        else if (seg_i.ts_valid) behind = {head, ws};
        else if (seg_i.sack_ok) behind = {alone, ws, 64'd0};
        else behind = {ws, 96'd0};
      end
      fixed_o = seg_i.mss_valid ? {mss, behind} : {behind, 32'd0};
      blocks_o[287:256] = more ? {24'h010105, 2'b00, seg_i.sack_count, 3'd2} : 32'd0;
      for (int i = 0; i < 4; i++) begin
        blocks_o[64*(3-i) +: 64] = (seg_i.sack_count > 3'(i)) ?
            {seg_i.sack[64*i +: 32], seg_i.sack[64*i + 32 +: 32]} : 64'd0;
      end
    end
  end
  assign head_words = seg_i.ts_valid ? 2'd3 : {1'b0, seg_i.sack_ok};
  assign fixed_words_o = {1'b0, head_words} + {2'd0, seg_i.mss_valid} + {2'd0, seg_i.ws_valid};

  // Constants of one option each, added up where they exclude each other or are small.
  logic [15:0] sum_mss, sum_ws, sum_head, sum_rest;
  assign sum_mss = seg_i.mss_valid ? seg_i.mss : 16'd0;
  assign sum_ws = seg_i.ws_valid ? 16'h0403 + 16'(seg_i.ws) : 16'd0;
  always_comb begin
    if (seg_i.ts_valid) sum_head = seg_i.sack_ok ? 16'h0c0c : 16'h090b;
    else if (seg_i.sack_ok) sum_head = (order_i && !more) ? 16'h0402 : 16'h0503;
    else sum_head = 16'd0;
    case ({seg_i.mss_valid, more})
      2'b01: sum_rest = 16'h0603 + {10'd0, seg_i.sack_count, 3'd0};
      2'b10: sum_rest = 16'h0204;
      2'b11: sum_rest = 16'h0807 + {10'd0, seg_i.sack_count, 3'd0};
      default: sum_rest = 16'd0;
    endcase
  end
  assign sum_o = (18'(sum_mss) + 18'(sum_ws)) + (18'(sum_head) + 18'(sum_rest));

endmodule
