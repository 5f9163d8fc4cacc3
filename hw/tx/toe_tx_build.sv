// SPDX-License-Identifier: Apache-2.0
// Last stage of the transmit engine: puts together the segment, the report, the end of the
// connection, the timer and what toe_cc is told, from what the stage before decided and wrote.
// Combinational.

module toe_tx_build (
  input  logic                   valid_i,
  input  logic [15:0]            conn_i,
  input  toe_tx_pkg::tx_record_t rec_i,    // as written back, but for what out_i says
  input  toe_tx_pkg::tx_out_t    out_i,
  input  toe_tx_pkg::tx_notes_t  notes_i,
  input  toe_pkg::rx_shadow_t    rx_i,
  input  toe_pkg::tuple_t        tuple_i,
  input  toe_pkg::config_t       cfg_i,
  input  toe_pkg::time_t         now_i,

  output logic                   seg_valid_o,
  output toe_pkg::tx_segment_t   seg_o,
  output logic                   report_valid_o,
  output toe_pkg::tx_report_t    report_o,
  output logic                   end_valid_o,
  output toe_pkg::end_t          end_o,
  output logic                   timer_armed_o,
  output logic [31:0]            timer_at_o,
  output logic                   cc_valid_o,
  output toe_pkg::cc_event_t     cc_o
);

  // ---- Segment --------------------------------------------------------------------------------
  logic [31:0] seq, offset;
  logic [23:0] mask;
  logic syn_sent, syn_rcvd, phase_open;
  assign phase_open = rec_i.phase == toe_tx_pkg::PhaseOpen;
  assign syn_sent = rec_i.phase == toe_tx_pkg::PhaseSynSent;
  assign syn_rcvd = rec_i.phase == toe_tx_pkg::PhaseSynRcvd;
  assign seq = out_i.base + {6'd0, out_i.ahead};
  assign offset = seq - rec_i.iss - 32'd1;
  assign mask = 24'((32'd1 << rec_i.ring_log2) - 32'd1);

  // Blocks: data received twice first (RFC 2883 4), then the runs beyond gaps, the latest first.
  logic [255:0] blocks;
  logic [4:0] runs;
  logic [25:0] dsack_first, dsack_past;
  assign dsack_first = rec_i.owed.dsack_first - rx_i.rcv_nxt[25:0];
  assign dsack_past = rec_i.owed.dsack_past - rx_i.rcv_nxt[25:0];
  always_comb begin
    blocks = '0;
    runs = 5'd0;
    if (out_i.dsack) begin
      blocks[63:0] = {rx_i.rcv_nxt + {{6{dsack_past[25]}}, dsack_past},
                      rx_i.rcv_nxt + {{6{dsack_first[25]}}, dsack_first}};
      runs = 5'd1;
    end
    for (int r = 0; r < 4; r++) begin
      if (rx_i.run_valid[r]) begin
        for (int b = 0; b < 4; b++) begin
          if (runs == 5'(b)) begin
            blocks[64*b +: 64] = {rx_i.run_end[32*r +: 32], rx_i.run_start[32*r +: 32]};
          end
        end
        runs = runs + 5'd1;
      end
    end
  end

  logic v6;
  assign v6 = tuple_i.remote_ip[127:32] != toe_pkg::Ipv4Mapped;
  logic [25:0] split_d;
  assign split_d = rec_i.owed.split_at - rx_i.rcv_nxt[25:0];
  always_comb begin
    seg_o.tuple = tuple_i;
    seg_o.seq = seq;
    seg_o.ack = rx_i.rcv_nxt;
    if (out_i.split) seg_o.ack = rx_i.rcv_nxt + {{6{split_d[25]}}, split_d};
    if (syn_sent) seg_o.ack = 32'd0;
    // The receive engine may still be on its way to SYN-RECEIVED; SND.WL1 is IRS then.
    if (syn_rcvd) seg_o.ack = rec_i.snd_wl1 + 32'd1;
    seg_o.wnd = out_i.wnd;
    seg_o.flags = 8'd0;
    seg_o.flags[toe_pkg::FlagFin] = out_i.fin;
    seg_o.flags[toe_pkg::FlagSyn] = out_i.syn;
    seg_o.flags[toe_pkg::FlagRst] = out_i.rst;
    seg_o.flags[toe_pkg::FlagPsh] = out_i.psh;
    seg_o.flags[toe_pkg::FlagAck] = ~syn_sent;
    seg_o.flags[toe_pkg::FlagEce] = out_i.ece;
    seg_o.flags[toe_pkg::FlagCwr] = out_i.cwr;
    seg_o.mss_valid = out_i.syn;
    seg_o.mss = cfg_i.mss - (v6 ? 16'd20 : 16'd0);
    seg_o.ws_valid = out_i.syn && rec_i.ws_on;  // a SYN-ACK offers only what the SYN did
    seg_o.ws = rec_i.rcv_ws;
    seg_o.sack_ok = out_i.syn && rec_i.sack_on;
    seg_o.ts_valid = rec_i.ts_on && ~out_i.rst;
    seg_o.ts_val = now_i.ts_clock + {rec_i.ts_off, 16'd0};
    seg_o.ts_ecr = syn_sent ? 32'd0 : (syn_rcvd ? rec_i.loss.rxt_ts : rx_i.ts_recent);
    seg_o.sack_count = out_i.sack_count;
    seg_o.sack = blocks;
    seg_o.ecn = out_i.ect ? toe_pkg::EcnEct0 : toe_pkg::EcnNotEct;
    seg_o.ring_page = rec_i.ring_page;
    seg_o.ring_log2 = rec_i.ring_log2;
    seg_o.ring_offset = offset[23:0] & mask;
    seg_o.len = {2'd0, out_i.len};
  end
  assign seg_valid_o = valid_i && out_i.send;

  // ---- Messages -------------------------------------------------------------------------------
  logic fin_acked;
  assign fin_acked = rec_i.fin_sent && rec_i.snd_max == rec_i.snd_una;
  assign report_valid_o = valid_i && (notes_i.report || notes_i.bad_offset || out_i.fin_first);
  always_comb begin
    report_o.conn = conn_i;
    report_o.acked = rec_i.snd_una == rec_i.iss ? 32'd0
        : rec_i.snd_una - rec_i.iss - 32'd1 - {31'd0, fin_acked};
    report_o.fin_sent = rec_i.fin_sent;
    report_o.fin_acked = fin_acked;
    report_o.bad_offset = notes_i.bad_offset;
    end_o.kind = notes_i.end_kind;
    end_o.conn = conn_i;
    end_o.status = toe_contract_pkg::StatusTimedOut;
  end
  assign end_valid_o = valid_i && notes_i.ending;

  // ---- Timer ----------------------------------------------------------------------------------
  logic [31:0] ack_at, sooner;
  logic [25:0] ack_in;
  assign ack_in = rec_i.owed.at - now_i.us[25:0];
  assign ack_at = now_i.us + {{6{ack_in[25]}}, ack_in};
  assign sooner = rec_i.rto_at - ack_at;
  // What lasts longer than toe_timers can look ahead is set in steps of 2^30 us.
  logic [27:0] patience, idle, left;
  logic [31:0] long_at, short_at, later;
  logic waits, patient, short_armed;
  toe_tx_patience u_patience (.rec_i, .cfg_i, .patience_o(patience), .idle_o(idle));
  assign waits = rec_i.snd_max != rec_i.snd_una || rec_i.rto_armed;
  assign patient = (phase_open || syn_sent || syn_rcvd) &&
                   (waits ? patience != 28'd0 : rec_i.keepalive && phase_open);
  assign left = (waits ? patience : idle) + 28'd1 - (now_i.ticks[27:0] - rec_i.since);
  always_comb begin
    long_at = now_i.us + {2'd0, left[19:0], 10'd0};
    if (left[26:20] != 7'd0) long_at = now_i.us + 32'h4000_0000;
    if (left[27]) long_at = now_i.us;
  end
  assign short_armed = rec_i.rto_armed || rec_i.owed.owed;
  assign short_at = rec_i.rto_armed && (~rec_i.owed.owed || sooner[31]) ? rec_i.rto_at : ack_at;
  assign later = long_at - short_at;
  assign timer_armed_o = short_armed || patient;
  assign timer_at_o = patient && (~short_armed || later[31]) ? long_at : short_at;

  // ---- Congestion control beside the engine ---------------------------------------------------
  assign cc_valid_o = valid_i && notes_i.cc_valid;
  logic earlier;
  assign earlier = notes_i.cc_op == toe_pkg::CcLoss || notes_i.cc_op == toe_pkg::CcTimeout;
  always_comb begin
    cc_o.conn = conn_i;
    cc_o.op = notes_i.cc_op;
    cc_o.cc = rec_i.cc.cc;
    cc_o.in_slow_start = rec_i.cc.cwnd < rec_i.cc.ssthresh;
    cc_o.cwnd = {6'd0, earlier ? notes_i.cwnd : rec_i.cc.cwnd};
    cc_o.mss = {2'd0, rec_i.mss};
    cc_o.acked = {6'd0, notes_i.acked};
    cc_o.flight = {6'd0, notes_i.flight};
    cc_o.ece = notes_i.ece;
    cc_o.snd_una = rec_i.snd_una;
    cc_o.snd_nxt = rec_i.snd_max;
    cc_o.srtt = {3'd0, rec_i.rtt.srtt};
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, out_i, notes_i, rx_i, cfg_i, now_i, offset, sooner, left,
                       later};

endmodule
