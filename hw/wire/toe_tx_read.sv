// SPDX-License-Identifier: Apache-2.0
// Turns a segment's payload into one read command, or two where it wraps at the end of the ring,
// and tells the aligner for each what its lines hold.

module toe_tx_read (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [51:0] ring_page_i,
  input  logic [4:0]  ring_log2_i,
  input  logic [23:0] ring_offset_i,
  input  logic [15:0] len_i,          // > 0, at most the ring's bytes
  input  logic [5:0]  at_i,           // offset of the payload in the frame, < 64
  input  logic        valid_i,
  output logic        ready_o,
  output logic [63:0] cmd_addr_o,
  output logic [15:0] cmd_len_o,
  output logic        cmd_valid_o,
  input  logic        cmd_ready_i,
  output logic [41:0] part_o,         // {last of the segment, lines, in the frame's beat: start of
                                      //  the first line's bytes, their end, start of each further
                                      //  line's, end of the last one's; lines are turned by}
  output logic        part_valid_o,
  input  logic        part_ready_i
);

  logic [24:0] size_q, room;
  logic [23:0] offset_q, ring_mask;
  logic [51:0] page_q;
  logic [15:0] len_q;
  logic [5:0] at_q;
  logic stage_valid_q, stage_take;

  // First command, and what the second needs.
  logic [63:0] addr_q;
  logic [51:0] base_q;
  logic [15:0] n_q, rest_q;
  logic [5:0] pos_q;
  logic valid_q, more_q, wraps, take;
  logic [15:0] first_len;

  assign ring_mask = 24'((25'd1 << ring_log2_i) - 25'd1);
  assign ready_o = !stage_valid_q || stage_take;
  assign room = size_q - 25'(offset_q);
  assign wraps = 25'(len_q) > room;
  assign first_len = wraps ? room[15:0] : len_q;
  assign take = valid_q && cmd_ready_i && part_ready_i;
  assign stage_take = stage_valid_q && (!valid_q || (take && !more_q));

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) begin
      size_q <= 25'd1 << ring_log2_i;
      offset_q <= ring_offset_i & ring_mask;
      page_q <= ring_page_i;
      len_q <= len_i;
      at_q <= at_i;
    end
    if (stage_take) begin
      addr_q <= {page_q, 12'd0} + 64'(offset_q);
      base_q <= page_q;
      n_q <= first_len;
      rest_q <= len_q - first_len;
      pos_q <= at_q;
    end else if (take) begin
      addr_q <= {base_q, 12'd0};
      n_q <= rest_q;
      pos_q <= pos_q + n_q[5:0];
    end
    if (!rst_ni) begin
      stage_valid_q <= 1'b0;
      valid_q <= 1'b0;
      more_q <= 1'b0;
    end else begin
      if (ready_o) stage_valid_q <= valid_i;
      if (stage_take) begin
        valid_q <= 1'b1;
          more_q <= wraps;
      end else if (take) begin
        valid_q <= more_q;
        more_q <= 1'b0;
      end
    end
  end

  assign cmd_addr_o = addr_q;
  assign cmd_len_o = n_q;
  assign cmd_valid_o = valid_q && part_ready_i;
  // Every line but the first begins where the first one's turn brings byte 0.
  logic [14:0] covered;
  logic [8:0] lines;
  logic [6:0] first_end, last_end;
  logic [5:0] turn, later, end_at;

  assign covered = n_q[14:0] + 15'(addr_q[5:0]);  // at most 16 KiB and a line
  assign lines = covered[14:6] + 9'(covered[5:0] != '0);
  assign turn = addr_q[5:0] - pos_q;
  assign later = pos_q - addr_q[5:0];
  assign end_at = pos_q + n_q[5:0];
  assign first_end = 7'(pos_q) + (lines == 9'd1 ? n_q[6:0] : 7'd64 - 7'(addr_q[5:0]));
  assign last_end = {end_at <= later, end_at};
  assign part_o = {!more_q, lines, pos_q, first_end, later, last_end, turn};
  assign part_valid_o = valid_q && cmd_ready_i;

endmodule
