// SPDX-License-Identifier: Apache-2.0
// Sum of the 16-bit words of one 64-byte beat, not folded, two clocks after the beat. Words are
// taken little endian: a ones' complement sum is the same in either byte order (RFC 1071 2 (B)), so
// the users swap the folded result instead of every word. keep_i masks bytes.

module toe_checksum (
  input  logic         clk_i,
  input  logic         valid_i,
  input  logic [511:0] data_i,
  input  logic [63:0]  keep_i,
  output logic [20:0]  sum_o
);

  // Four words under their byte masks. A function, so that a simulation works only on valid beats.
  function automatic logic [17:0] four(input logic [63:0] d, input logic [7:0] k);
    logic [63:0] m;
    m = d & {{8{k[7]}}, {8{k[6]}}, {8{k[5]}}, {8{k[4]}},
             {8{k[3]}}, {8{k[2]}}, {8{k[1]}}, {8{k[0]}}};
    four = (18'(m[15:0]) + 18'(m[31:16])) + (18'(m[47:32]) + 18'(m[63:48]));
  endfunction

  logic [143:0] part_q;  // eight sums of four words, 18 bits each
  logic [20:0] sum_d, sum_q;
  logic valid_q;

  assign sum_d = ((21'(part_q[17:0]) + 21'(part_q[35:18])) +
                  (21'(part_q[53:36]) + 21'(part_q[71:54]))) +
                 ((21'(part_q[89:72]) + 21'(part_q[107:90])) +
                  (21'(part_q[125:108]) + 21'(part_q[143:126])));
  assign sum_o = sum_q;

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) begin
      for (int g = 0; g < 8; g++) part_q[18*g +: 18] <= four(data_i[64*g +: 64], keep_i[8*g +: 8]);
    end
    if (valid_q) sum_q <= sum_d;
  end

endmodule
