// SPDX-License-Identifier: Apache-2.0
// Ephemeral ports (RFC 6056 algorithm 3): a keyed hash of the remote end, and a count of all that
// were ever tried. Ports 32768 to 65535, at most 64 for one connection.
module toe_conn_ports (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        begin_i,  // a search: takes the hash until it ends
  input  logic [14:0] base_i,
  input  logic        next_i,   // port_o is tried
  output logic [15:0] port_o,
  output logic        tried_o   // enough of them
);

  localparam logic [6:0] Tries = 7'd64;

  logic [14:0] base_q, count_q;
  logic [6:0]  tries_q;

  always_ff @(posedge clk_i) begin
    if (begin_i) base_q <= base_i;
    if (!rst_ni) count_q <= 15'd0;
    else if (next_i) count_q <= count_q + 15'd1;
    if (begin_i) tries_q <= 7'd0;
    else if (next_i) tries_q <= tries_q + 7'd1;
  end

  assign port_o = {1'b1, base_q + count_q};
  assign tried_o = tries_q == Tries;

endmodule
