// SPDX-License-Identifier: Apache-2.0
// Third stage of the transmit engine: what the scoreboard says. Combinational. RFC 6675 4:
// IsLost(), SetPipe() and NextSeg(); in place of RFC 8985's time stamps of each segment, lost
// retransmissions are seen by data that were sent after them (docs/decisions/0005).

module toe_tx_loss (
  input  toe_tx_pkg::tx_record_t rec_i,
  input  logic                   first_hole_i,  // the lowest hole counts as lost
  input  logic [13:0]            mss_i,         // without the room that options take

  output logic                   recheck_o,     // the next two differ from the record
  output logic [25:0]            lost_edge_o,
  output logic                   restart_o,     // what was sent again is lost once more
  output logic                   lost_o,        // something lost is to be sent again, ...
  output logic [25:0]            at_o,          // ... from here
  output logic [13:0]            span_o,        // ... so many sequence numbers at once
  output logic                   last_hole_o,   // holes remain that too little above makes not lost
  output logic [25:0]            last_edge_o,
  output logic [27:0]            headroom_o     // cwnd less pipe, signed
);

  localparam int unsigned N = toe_tx_pkg::Ranges;
  localparam int unsigned W = toe_tx_pkg::SeqW;

  logic [W-1:0] una, from, edge_q, mss;
  logic [N-1:0] valid;
  assign una = rec_i.snd_una[W-1:0];
  assign from = rec_i.loss.high_rxt;
  assign edge_q = rec_i.loss.lost_edge;
  assign mss = {12'd0, mss_i};
  assign valid = rec_i.board.valid;

  // ---- Each range: its length, and where it lies ----------------------------------------------
  logic [N*W-1:0] len;
  logic [N-1:0] over_from, holds_from, below_edge, holds_edge, new_edge;
  for (genvar i = 0; i < N; i++) begin : gen_range
    logic [W-1:0] first, past, f_from, f_past, e_first, e_past;
    assign first = rec_i.board.first[W*i +: W];
    assign past = rec_i.board.past[W*i +: W];
    assign len[W*i +: W] = valid[i] ? past - first : '0;
    assign f_from = from - first;
    assign f_past = from - past;
    assign e_first = edge_q - first;
    assign e_past = edge_q - past;
    assign over_from[i] = valid[i] && f_from[W-1];
    assign holds_from[i] = valid[i] && ~f_from[W-1] && f_past[W-1];
    assign below_edge[i] = valid[i] && ~e_first[W-1] && e_first != '0;
    assign holds_edge[i] = below_edge[i] && e_past[W-1];
    assign new_edge[i] = valid[i] && e_first[W-1];  // begins above what counts as lost
    logic unused_ok;
    assign unused_ok = &{1'b0, f_from, f_past, e_past};
  end

  // ---- IsLost: enough above the hole ----------------------------------------------------------
  logic [W-1:0] enough;
  logic [N-1:0] marks;
  logic [3:0] segments;
  assign segments = rec_i.loss.threshold - 4'd1;
  assign enough = 26'(segments) * mss;
  always_comb begin
    logic [W-1:0] above;
    logic [3:0] count;
    above = '0;
    count = 4'd0;
    marks = '0;
    for (int i = N - 1; i >= 0; i--) begin
      above = above + len[W*i +: W];
      count = count + {3'd0, valid[i]};
      marks[i] = valid[i] && (above > enough || count >= rec_i.loss.threshold ||
                              (first_hole_i && (i == 0 || ~valid[(i + N - 1) % N])));
    end
  end
  logic marked;
  always_comb begin
    lost_edge_o = edge_q;
    marked = 1'b0;
    for (int i = 0; i < N; i++) begin
      if (marks[i] && new_edge[i]) begin
        lost_edge_o = rec_i.board.first[W*i +: W];
        marked = 1'b1;
      end
    end
  end

  // ---- Lost retransmissions -------------------------------------------------------------------
  logic [W-1:0] top_past, beyond, allowance, rexmitted;
  assign top_past = rec_i.board.past[W*(N-1) +: W];
  assign beyond = top_past - rec_i.loss.rxt_max;
  assign allowance = 26'(rec_i.loss.threshold) * mss;
  assign rexmitted = from - una;
  assign restart_o = (rec_i.loss.in_recovery || rec_i.loss.in_loss) && valid[N-1] &&
                     ~rexmitted[W-1] && rexmitted != '0 && ~beyond[W-1] && beyond >= allowance;
  assign recheck_o = marked || restart_o;

  // ---- NextSeg: the first hole from high_rxt on -----------------------------------------------
  logic [W-1:0] at, limit, stop, span, left;
  logic [N-1:0] next;
  assign next = over_from & (~over_from + 1'b1);
  always_comb begin
    at = from;
    stop = edge_q;
    limit = edge_q;
    for (int i = 0; i < N; i++) begin
      if (holds_from[i]) at = rec_i.board.past[W*i +: W];
      if (holds_edge[i]) stop = rec_i.board.first[W*i +: W];
      if (next[i] && below_edge[i]) limit = rec_i.board.first[W*i +: W];
    end
  end
  assign span = limit - at;
  assign left = stop - at;
  assign lost_o = ~left[W-1] && left != '0 && ~restart_o;
  assign at_o = at;
  assign span_o = span < mss ? span[13:0] : mss_i;
  assign last_hole_o = new_edge[N-1] && ~lost_o && rec_i.loss.in_recovery;
  assign last_edge_o = rec_i.board.first[W*(N-1) +: W];

  // ---- SetPipe: what is in the network --------------------------------------------------------
  // All of the flight but what was selectively acknowledged and what is lost and not sent again.
  logic [W-1:0] flight, gap, extra;
  logic [27:0] sacked;
  assign flight = rec_i.snd_max[W-1:0] - una;
  assign gap = left[W-1] ? '0 : left;
  always_comb begin
    sacked = 28'd0;
    for (int i = 0; i < N; i++) begin
      if (~(over_from[i] && below_edge[i] && ~holds_edge[i])) begin
        sacked = sacked + {2'd0, len[W*i +: W]};
      end
    end
  end
  // Limited transmit (RFC 3042): two new segments may follow the first two duplicate ACKs.
  always_comb begin
    extra = '0;
    if (~rec_i.sack_on && ~rec_i.loss.in_recovery && ~rec_i.loss.in_loss) begin
      if (rec_i.loss.dup_acks == 4'd1) extra = mss;
      if (rec_i.loss.dup_acks >= 4'd2) extra = {mss[W-2:0], 1'b0};
    end
  end
  assign headroom_o = {2'd0, rec_i.cc.cwnd} + {2'd0, extra} + {2'd0, gap} + sacked -
                      {2'd0, flight};

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, span, left, beyond, rexmitted};

endmodule
