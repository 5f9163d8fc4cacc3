// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: the scoreboard after an acknowledgement (RFC 6675 3,
// Update()). Combinational; the comparisons were made in the first stage.
//
// Ranges stay disjoint, ascending and packed towards the last place. Those that the cumulative
// acknowledgement reaches go first. A block that touches no range needs a place: without one it is
// forgotten, which is safe.

module toe_tx_board (
  input  toe_tx_pkg::tx_board_t board_i,
  input  toe_tx_pkg::tx_sack_t  sack_i,
  input  logic                  new_ack_i,  // SEG.ACK is new: `gone` counts
  input  logic                  hit_i,      // take the block in
  input  logic                  clear_i,
  output toe_tx_pkg::tx_board_t board_o
);

  localparam int unsigned N = toe_tx_pkg::Ranges;
  localparam int unsigned W = toe_tx_pkg::SeqW;

  logic [N-1:0] valid, above, touched, low, high;
  assign valid = board_i.valid & ~(new_ack_i ? sack_i.gone : '0);
  assign above = sack_i.above & valid;
  assign touched = sack_i.touched & valid;

  // The touched ones are neighbours: the lowest gives the union's beginning, the highest its end.
  assign low = touched & (~touched + 1'b1);
  always_comb begin
    high = touched;
    for (int i = 0; i < N - 1; i++) begin
      if (touched[i+1]) high[i] = 1'b0;
    end
  end
  logic [W-1:0] first, past, low_first, high_past;
  logic low_earlier, high_later;
  always_comb begin
    low_first = '0;
    high_past = '0;
    for (int i = 0; i < N; i++) begin
      if (low[i]) low_first = low_first | board_i.first[W*i +: W];
      if (high[i]) high_past = high_past | board_i.past[W*i +: W];
    end
  end
  assign low_earlier = (low & sack_i.earlier) != '0;
  assign high_later = (high & sack_i.later) != '0;
  assign first = low_earlier ? low_first : sack_i.first;
  assign past = high_later ? high_past : sack_i.past;

  // The union's place: that of the highest touched one, or below those above.
  logic [N-1:0] place;
  logic fits;
  always_comb begin
    place = '0;
    if (touched != '0) begin
      place = high;
    end else begin
      for (int i = 0; i < N; i++) begin
        if (~above[i] && (i == N - 1 || above[(i + 1) % N])) place[i] = 1'b1;
      end
    end
  end
  assign fits = touched != '0 || ~valid[0];

  // Those below move down by one if none was touched, and up by all touched but one otherwise.
  logic [2:0] gap;  // touched ranges
  always_comb begin
    gap = 3'd0;
    for (int i = 0; i < N; i++) gap = gap + {2'd0, touched[i]};
  end
  always_comb begin
    board_o = board_i;
    board_o.valid = valid;
    if (hit_i && fits) begin
      for (int i = 0; i < N; i++) begin
        if (place[i]) begin
          board_o.valid[i] = 1'b1;
          board_o.first[W*i +: W] = first;
          board_o.past[W*i +: W] = past;
        end else if (~above[i]) begin
          board_o.valid[i] = 1'b0;
          if (gap == 3'd0) begin
            if (i < N - 1) begin
              board_o.valid[i] = valid[(i + 1) % N];
              board_o.first[W*i +: W] = board_i.first[W*((i + 1) % N) +: W];
              board_o.past[W*i +: W] = board_i.past[W*((i + 1) % N) +: W];
            end
          end else begin
            for (int g = 0; g < N; g++) begin
              if (gap == 3'(g + 1) && i >= g) begin
                board_o.valid[i] = valid[(i - g + N) % N];
                board_o.first[W*i +: W] = board_i.first[W*((i - g + N) % N) +: W];
                board_o.past[W*i +: W] = board_i.past[W*((i - g + N) % N) +: W];
              end
            end
          end
        end
      end
    end
    if (clear_i) board_o.valid = '0;
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, sack_i.hit, sack_i.dsack};

endmodule
