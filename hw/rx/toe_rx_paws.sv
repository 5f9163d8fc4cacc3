// SPDX-License-Identifier: Apache-2.0
// First stage of the receive engine, beside toe_rx_facts: timestamps (RFC 7323 3 to 5), and whether
// a SYN may follow a connection in TIME-WAIT (RFC 6191 2). Combinational.
//
// TS.Recent is taken from the first segment that begins at or below Last.ACK.sent (RFC 7323 4.3).
// The transmit engine's Last.ACK.sent arrives here some clocks late, and at line rate that segment
// has passed by then; so the first in order after Last.ACK.sent has changed counts as well.

module toe_rx_paws (
  input  toe_pkg::segment_t          seg_i,
  input  toe_rx_pkg::rx_record_t     rec_i,
  input  logic [31:0]                last_ack_i,
  input  logic [toe_rx_pkg::AgeW-1:0] age_i,      // now
  input  logic                       in_order_i,
  input  logic                       seq_after_i,
  output logic                       absent_o,
  output logic                       reject_o,
  output logic                       update_o,
  output logic                       reuse_o
);

  logic syn, rst, both, aged, older, newer, acked;
  assign syn = seg_i.flags[toe_pkg::FlagSyn];
  assign rst = seg_i.flags[toe_pkg::FlagRst];
  assign both = rec_i.ts_on && seg_i.ts_valid;

  logic [31:0] ts_d, ts_e, ack_d;
  logic [toe_rx_pkg::AgeW-1:0] age_d;
  assign ts_d = seg_i.ts_val - rec_i.ts_recent;
  assign ts_e = rec_i.ts_recent - seg_i.ts_val;
  assign ack_d = last_ack_i - seg_i.seq;
  assign age_d = age_i - rec_i.ts_age;
  assign aged = age_d > toe_rx_pkg::AgeMax;
  assign older = ts_d[31];
  assign newer = ts_e[31];
  assign acked = ~ack_d[31];

  // A SYN without a timestamp is perhaps a new attempt of a peer that has lost the connection.
  assign absent_o = rec_i.ts_on && ~seg_i.ts_valid && ~rst && ~syn;
  assign reject_o = both && older && ~aged && ~rst;
  assign update_o = both && (~older || aged) &&
                    (acked || (in_order_i && last_ack_i[15:0] != rec_i.ts_ack));
  assign reuse_o = both ? newer || (~older && seq_after_i) : seq_after_i;

  logic unused_ok;
  assign unused_ok = &{1'b0, seg_i, rec_i, ts_d, ts_e, ack_d};

endmodule
