// SPDX-License-Identifier: Apache-2.0
// The message that toe_siphash makes a number of, with padding and length. Combinational.
//   bytes 0..15 remote address, 16..17 local port, 18..19 remote port, 20 kind of the local
//   address, 21 purpose, 22 zero; of a cookie, 22 timestamps and MSS index, 23 zero, 24..27 the
//   peer's initial number, 28..29 minute, 30 zero
// The card has one address of each kind, so the kind stands for the local address (RFC 6528 3).
module toe_conn_message (
  input  logic [1:0]      purpose_i,  // toe_conn_pkg::Hash*
  input  toe_pkg::tuple_t tuple_i,
  input  logic [3:0]      facts_i,
  input  logic [31:0]     irs_i,
  input  logic [15:0]     minute_i,
  output logic [1:0]      last_o,     // words - 1
  output logic [255:0]    words_o
);

  logic        cookie;
  logic [15:0] local_port;
  assign cookie = purpose_i == toe_conn_pkg::HashCookie;
  // The port to be chosen is not known yet.
  assign local_port = (purpose_i == toe_conn_pkg::HashPort) ? 16'd0 : tuple_i.local_port;
  assign last_o = cookie ? 2'd3 : 2'd2;
  assign words_o[127:0] = tuple_i.remote_ip;
  assign words_o[191:128] = {cookie ? 8'd0 : 8'd23, cookie ? {4'd0, facts_i} : 8'd0,
                             6'd0, purpose_i, 6'd0, tuple_i.local_kind, tuple_i.remote_port,
                             local_port};
  assign words_o[255:192] = {8'd31, 8'd0, minute_i, irs_i};

endmodule
