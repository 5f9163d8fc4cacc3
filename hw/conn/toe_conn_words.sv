// SPDX-License-Identifier: Apache-2.0
// The words that toe_conn_ctrl says to the engines, the host and the wire. Combinational.
module toe_conn_words (
  input  toe_conn_pkg::ctrl_t   q_i,        // seg: the SYN, or what a cookie's ACK says of it
  input  toe_pkg::command_t     command_i,  // of connect, accept and whatever is answered
  input  logic                  use_ts_i,   // timestamps are not forbidden

  output toe_pkg::rx_ctl_t      rx_ctl_o,
  output toe_pkg::tx_ctl_t      tx_ctl_o,
  output toe_pkg::open_report_t open_report_o,
  output toe_pkg::response_t    response_o,
  output toe_pkg::tx_segment_t  rst_o
);

  logic fresh;
  assign fresh = q_i.act == toe_conn_pkg::ActActive || q_i.act == toe_conn_pkg::ActListen;

  assign rx_ctl_o.op = q_i.act;
  assign rx_ctl_o.conn = q_i.conn;
  assign rx_ctl_o.ring_page = command_i.rx_ring_page;
  assign rx_ctl_o.ring_log2 = command_i.rx_ring_log2;
  assign rx_ctl_o.irs = q_i.seg.seq;
  assign rx_ctl_o.ts_on = q_i.seg.ts_valid && use_ts_i;
  assign rx_ctl_o.ts_val = q_i.seg.ts_val;
  assign rx_ctl_o.status = q_i.status;
  assign rx_ctl_o.open = q_i.job == toe_conn_pkg::JobAck;

  assign tx_ctl_o.op = q_i.act;
  assign tx_ctl_o.conn = q_i.conn;
  assign tx_ctl_o.ring_page = command_i.tx_ring_page;
  assign tx_ctl_o.ring_log2 = command_i.tx_ring_log2;
  assign tx_ctl_o.rx_ring_log2 = command_i.rx_ring_log2;
  assign tx_ctl_o.iss = q_i.iss;
  assign tx_ctl_o.irs = q_i.seg.seq;
  assign tx_ctl_o.wnd = q_i.seg.wnd;
  assign tx_ctl_o.mss_valid = q_i.seg.mss_valid;
  assign tx_ctl_o.mss = q_i.seg.mss;
  assign tx_ctl_o.ws_valid = q_i.seg.ws_valid;
  assign tx_ctl_o.ws = q_i.seg.ws;
  assign tx_ctl_o.sack_ok = q_i.seg.sack_ok;
  assign tx_ctl_o.ts_valid = q_i.seg.ts_valid;
  assign tx_ctl_o.ts_val = q_i.seg.ts_val;
  assign tx_ctl_o.ecn_ok = q_i.seg.flags[toe_pkg::FlagEce] && q_i.seg.flags[toe_pkg::FlagCwr];
  assign tx_ctl_o.reset = q_i.reset;
  assign tx_ctl_o.options = command_i.options;
  assign tx_ctl_o.cc = command_i.cc;
  assign tx_ctl_o.ts_off = q_i.ts_off;
  assign tx_ctl_o.open = q_i.job == toe_conn_pkg::JobAck;

  assign open_report_o.conn = q_i.conn;
  assign open_report_o.fresh = fresh;
  assign open_report_o.generation = q_i.meta.generation;
  assign open_report_o.qp = q_i.meta.qp;
  assign open_report_o.cookie = command_i.cookie;
  assign open_report_o.state =
      (q_i.act == toe_conn_pkg::ActActive) ? toe_contract_pkg::TcpStateSynSent :
      (q_i.act == toe_conn_pkg::ActSyn) ? toe_contract_pkg::TcpStateSynReceived :
                                        toe_contract_pkg::TcpStateListen;
  assign open_report_o.notify = fresh;
  assign open_report_o.tuple = q_i.meta.tuple;

  assign response_o.qp = command_i.qp;
  assign response_o.status = q_i.status;
  assign response_o.id = q_i.response_id;
  assign response_o.cookie = command_i.cookie;
  assign response_o.opcode = command_i.opcode;

  // RFC 9293 3.10.7.1: nobody expects the segment. SEG.LEN counts SYN and FIN.
  logic [31:0] seg_end;
  assign seg_end = q_i.seg.seq + {16'd0, q_i.seg.len} + {31'd0, q_i.seg.flags[toe_pkg::FlagSyn]} +
                   {31'd0, q_i.seg.flags[toe_pkg::FlagFin]};
  always_comb begin
    rst_o = '0;
    rst_o.tuple = q_i.seg.tuple;
    rst_o.flags[toe_pkg::FlagRst] = 1'b1;
    if (q_i.seg.flags[toe_pkg::FlagAck]) begin
      rst_o.seq = q_i.seg.ack;
    end else begin
      rst_o.ack = seg_end;
      rst_o.flags[toe_pkg::FlagAck] = 1'b1;
    end
  end

  logic unused;
  assign unused = ^{q_i, command_i};

endmodule
