// SPDX-License-Identifier: Apache-2.0
// Sum of the 16-bit words of one 64-byte beat, not folded, two clocks after the beat. Words are taken
// little endian: a ones' complement sum is the same in either byte order (RFC 1071 2 (B)), so the
// users swap the folded result instead of every word. keep_i masks bytes.

module toe_checksum (
  input  logic         clk_i,
  input  logic         valid_i,
  input  logic [511:0] data_i,
  input  logic [63:0]  keep_i,
  output logic [20:0]  sum_o
);

  logic [511:0] masked;
  logic [143:0] part_d, part_q;  // eight sums of four words, 18 bits each
  logic [20:0] sum_d, sum_q;
  logic valid_q;

  for (genvar i = 0; i < 64; i++) begin : g_mask
    assign masked[8*i +: 8] = keep_i[i] ? data_i[8*i +: 8] : 8'd0;
  end

  for (genvar g = 0; g < 8; g++) begin : g_part
    assign part_d[18*g +: 18] = (18'(masked[64*g +: 16]) + 18'(masked[64*g+16 +: 16])) +
                                (18'(masked[64*g+32 +: 16]) + 18'(masked[64*g+48 +: 16]));
  end

  assign sum_d = ((21'(part_q[17:0]) + 21'(part_q[35:18])) +
                  (21'(part_q[53:36]) + 21'(part_q[71:54]))) +
                 ((21'(part_q[89:72]) + 21'(part_q[107:90])) +
                  (21'(part_q[125:108]) + 21'(part_q[143:126])));
  assign sum_o = sum_q;

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) part_q <= part_d;
    if (valid_q) sum_q <= sum_d;
  end

endmodule
