// SPDX-License-Identifier: Apache-2.0
// The words that toe_conn_ctrl says to the engines, the host and the wire. Combinational.
module toe_conn_words (
  input  logic [2:0]            act_i,
  input  logic [15:0]           conn_i,
  input  toe_conn_pkg::meta_t   meta_i,
  input  toe_pkg::command_t     command_i,  // of connect, accept and whatever is answered
  input  toe_pkg::segment_t     seg_i,      // the SYN
  input  logic [31:0]           iss_i,
  input  logic                  use_ts_i,   // timestamps are not forbidden
  input  logic [7:0]            status_i,
  input  logic                  reset_i,
  input  logic [31:0]           response_id_i,

  output toe_pkg::rx_ctl_t      rx_ctl_o,
  output toe_pkg::tx_ctl_t      tx_ctl_o,
  output toe_pkg::open_report_t open_report_o,
  output toe_pkg::response_t    response_o,
  output toe_pkg::tx_segment_t  rst_o
);

  logic fresh;
  assign fresh = act_i == toe_conn_pkg::ActActive || act_i == toe_conn_pkg::ActListen;

  assign rx_ctl_o.op = act_i;
  assign rx_ctl_o.conn = conn_i;
  assign rx_ctl_o.ring_page = command_i.rx_ring_page;
  assign rx_ctl_o.ring_log2 = command_i.rx_ring_log2;
  assign rx_ctl_o.irs = seg_i.seq;
  assign rx_ctl_o.ts_on = seg_i.ts_valid && use_ts_i;
  assign rx_ctl_o.ts_val = seg_i.ts_val;
  assign rx_ctl_o.status = status_i;
  assign rx_ctl_o.open = 1'b0;

  assign tx_ctl_o.op = act_i;
  assign tx_ctl_o.conn = conn_i;
  assign tx_ctl_o.ring_page = command_i.tx_ring_page;
  assign tx_ctl_o.ring_log2 = command_i.tx_ring_log2;
  assign tx_ctl_o.rx_ring_log2 = command_i.rx_ring_log2;
  assign tx_ctl_o.iss = iss_i;
  assign tx_ctl_o.irs = seg_i.seq;
  assign tx_ctl_o.wnd = seg_i.wnd;
  assign tx_ctl_o.mss_valid = seg_i.mss_valid;
  assign tx_ctl_o.mss = seg_i.mss;
  assign tx_ctl_o.ws_valid = seg_i.ws_valid;
  assign tx_ctl_o.ws = seg_i.ws;
  assign tx_ctl_o.sack_ok = seg_i.sack_ok;
  assign tx_ctl_o.ts_valid = seg_i.ts_valid;
  assign tx_ctl_o.ts_val = seg_i.ts_val;
  assign tx_ctl_o.ecn_ok = seg_i.flags[toe_pkg::FlagEce] && seg_i.flags[toe_pkg::FlagCwr];
  assign tx_ctl_o.reset = reset_i;
  assign tx_ctl_o.options = command_i.options;
  assign tx_ctl_o.cc = command_i.cc;
  assign tx_ctl_o.open = 1'b0;

  assign open_report_o.conn = conn_i;
  assign open_report_o.fresh = fresh;
  assign open_report_o.generation = meta_i.generation;
  assign open_report_o.qp = meta_i.qp;
  assign open_report_o.cookie = command_i.cookie;
  assign open_report_o.state =
      (act_i == toe_conn_pkg::ActActive) ? toe_contract_pkg::TcpStateSynSent :
      (act_i == toe_conn_pkg::ActSyn) ? toe_contract_pkg::TcpStateSynReceived :
                                        toe_contract_pkg::TcpStateListen;
  assign open_report_o.notify = fresh;
  assign open_report_o.tuple = meta_i.tuple;

  assign response_o.qp = command_i.qp;
  assign response_o.status = status_i;
  assign response_o.id = response_id_i;
  assign response_o.cookie = command_i.cookie;
  assign response_o.opcode = command_i.opcode;

  // RFC 9293 3.10.7.1: nobody expects the segment. SEG.LEN counts SYN and FIN.
  logic [31:0] seg_end;
  assign seg_end = seg_i.seq + {16'd0, seg_i.len} + 32'd1 +
                   {31'd0, seg_i.flags[toe_pkg::FlagFin]};
  always_comb begin
    rst_o = '0;
    rst_o.tuple = seg_i.tuple;
    rst_o.flags[toe_pkg::FlagRst] = 1'b1;
    if (seg_i.flags[toe_pkg::FlagAck]) begin
      rst_o.seq = seg_i.ack;
    end else begin
      rst_o.ack = seg_end;
      rst_o.flags[toe_pkg::FlagAck] = 1'b1;
    end
  end

  logic unused;
  assign unused = ^{meta_i, command_i, seg_i};

endmodule
