// SPDX-License-Identifier: Apache-2.0
// First stage of the transmit engine: the blocks of a selective acknowledgement (RFC 2018) against
// the scoreboard. Combinational.
//
// One block of a segment is taken in: the last of those that say something new. The first grows
// with every segment that the peer receives, so the next acknowledgement brings it again; those
// behind it may never be repeated. Losing a block is safe: what it covered may be sent once more.

module toe_tx_sack_facts (
  input  toe_pkg::tx_event_t     event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  output toe_tx_pkg::tx_sack_t   sack_o
);

  localparam int unsigned N = toe_tx_pkg::Ranges;
  localparam int unsigned W = toe_tx_pkg::SeqW;
  localparam int unsigned B = toe_pkg::SackBlocks;

  logic here;
  assign here = rec_i.sack_on && event_i.rx.ack_valid && event_i.rx.sack_count != 3'd0;

  // ---- Which blocks are sound, and which are news ---------------------------------------------
  // Sound: above SEG.ACK and SND.UNA and not beyond SND.MAX, as ICMP and RFC 5961 treat numbers.
  logic [B-1:0] news;
  logic [B*N-1:0] touched, above, earlier, later;
  for (genvar b = 0; b < B; b++) begin : gen_block
    logic [31:0] first, past, over_ack, over_una, length, left;
    logic sound;
    logic [N-1:0] known;
    assign first = event_i.rx.sack[64*b +: 32];
    assign past = event_i.rx.sack[64*b + 32 +: 32];
    assign over_ack = event_i.rx.ack - first;
    assign over_una = rec_i.snd_una - first;
    assign length = past - first;
    assign left = rec_i.snd_max - past;
    assign sound = over_ack[31] && over_una[31] && ~length[31] && length != 32'd0 && ~left[31] &&
                   3'(b) < event_i.rx.sack_count;
    for (genvar i = 0; i < N; i++) begin : gen_range
      logic [W-1:0] to_first, to_past, end_first, end_past;
      assign to_first = rec_i.board.first[W*i +: W] - first[W-1:0];
      assign to_past = rec_i.board.first[W*i +: W] - past[W-1:0];
      assign end_first = rec_i.board.past[W*i +: W] - first[W-1:0];
      assign end_past = rec_i.board.past[W*i +: W] - past[W-1:0];
      assign earlier[N*b + i] = to_first[W-1];
      assign above[N*b + i] = ~to_past[W-1] && to_past != '0;
      assign later[N*b + i] = ~end_past[W-1] && end_past != '0;
      assign touched[N*b + i] = rec_i.board.valid[i] && ~end_first[W-1] && ~above[N*b + i];
      assign known[i] = rec_i.board.valid[i] && (earlier[N*b + i] || to_first == '0) &&
                         ~end_past[W-1];
      logic unused_ok;
      assign unused_ok = &{1'b0, end_first};
    end
    assign news[b] = here && sound && known == '0;
    logic unused_ok;
    assign unused_ok = &{1'b0, over_ack, over_una, left};
  end

  // ---- Ranges that the cumulative acknowledgement reaches -------------------------------------
  // One that it reaches only in part, or whose first byte it asks for, was given up by the peer
  // (RFC 2018 8): it is forgotten as well.
  logic [N-1:0] gone;
  for (genvar i = 0; i < N; i++) begin : gen_gone
    logic [W-1:0] over;
    assign over = event_i.rx.ack[W-1:0] - rec_i.board.first[W*i +: W];
    assign gone[i] = ~over[W-1];
    logic unused_ok;
    assign unused_ok = &{1'b0, over};
  end

  // ---- D-SACK: the first block lies below SEG.ACK or inside the second (RFC 2883 4) -----------
  logic [31:0] d_ack, d_len, d_in_first, d_in_past;
  assign d_ack = event_i.rx.ack - event_i.rx.sack[63:32];
  assign d_len = event_i.rx.sack[63:32] - event_i.rx.sack[31:0];
  assign d_in_first = event_i.rx.sack[31:0] - event_i.rx.sack[95:64];
  assign d_in_past = event_i.rx.sack[127:96] - event_i.rx.sack[63:32];

  logic dsack;
  assign dsack = here && ~d_len[31] && d_len != 32'd0 &&
      (~d_ack[31] || (event_i.rx.sack_count > 3'd1 && ~d_in_first[31] && ~d_in_past[31]));

  // ---- The last of the news -------------------------------------------------------------------
  logic [63:0] pick;
  always_comb begin
    pick = event_i.rx.sack[63:0];
    sack_o.hit = news != '0;
    sack_o.dsack = dsack;
    sack_o.gone = gone;
    sack_o.touched = touched[N-1:0];
    sack_o.above = above[N-1:0];
    sack_o.earlier = earlier[N-1:0];
    sack_o.later = later[N-1:0];
    for (int b = 1; b < B; b++) begin
      if (news[b]) begin
        pick = event_i.rx.sack[64*b +: 64];
        sack_o.touched = touched[N*b +: N];
        sack_o.above = above[N*b +: N];
        sack_o.earlier = earlier[N*b +: N];
        sack_o.later = later[N*b +: N];
      end
    end
    sack_o.first = pick[W-1:0];
    sack_o.past = pick[32 +: W];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, pick, d_ack, d_len, d_in_first, d_in_past};

endmodule
