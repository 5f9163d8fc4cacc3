// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: the segment size by what is known of the path: packetization
// layer path MTU discovery (RFC 4821, RFC 1191, RFC 8201). Combinational.
//
// `top` is the most that both ends take. Less is used after an ICMP message, or after timeouts that
// look like a black hole (RFC 4821 7.7). Then rounds of probes look for more: one segment of new
// data as long as `top`, and if that is lost, halfway between what arrived and what did not, until
// they are close. A probe that alone is lost fails without a congestion response (7.6.2): the
// recovery that sends its data again leaves the window as it is.

module toe_tx_search (
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_facts_t  facts_i,
  input  toe_tx_pkg::tx_moves_t  moves_i,
  input  logic [27:0]            ticks_i,
  input  logic                   agreed_i,  // ctl or a SYN: agreed_mss_i counts
  input  logic [13:0]            agreed_mss_i,
  output logic [13:0]            mss_o,
  output toe_tx_pkg::tx_search_t search_o
);

  logic [13:0] probed;
  logic fails, timed_out, in_round;
  toe_tx_probe_size u_size (
    .search_i(rec_i.search), .mss_i(rec_i.mss), .in_round_o(in_round), .mss_o(probed));
  assign timed_out = moves_i.timeout && rec_i.search.out && facts_i.at_probe;
  assign fails = moves_i.spared || timed_out;

  always_comb begin
    mss_o = rec_i.mss;
    search_o = rec_i.search;
    if (moves_i.leave || moves_i.loss_left || moves_i.undo) search_o.failed = 1'b0;
    // Other losses leave open what became of a probe.
    if (moves_i.enter || moves_i.timeout || moves_i.path) begin
      search_o.out = 1'b0;
      search_o.failed = moves_i.spared;
    end
    if (fails) begin
      search_o.high = probed;
      search_o.soon = 1'b0;
    end
    if (moves_i.probed) begin
      mss_o = probed;
      search_o.out = 1'b0;
      search_o.soon = 1'b0;
    end
    if (moves_i.path || moves_i.hole) begin
      mss_o = moves_i.hole ? facts_i.hole_mss : facts_i.path_mss;
      search_o.high = 14'd0;
      // Nobody said that the path takes no more: segments may have been lost for other reasons.
      search_o.soon = moves_i.hole;
    end
    if (moves_i.path || moves_i.hole || moves_i.probed || fails) search_o.since = ticks_i[27:10];
    if (agreed_i) begin
      mss_o = agreed_mss_i;
      search_o = '0;
      search_o.top = agreed_mss_i;
    end
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, facts_i, moves_i, ticks_i, in_round};

endmodule
