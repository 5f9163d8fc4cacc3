// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: round-trip time and back-off (RFC 6298 2, 3 and 5).
// Combinational.
//
// One segment per round trip is measured in microseconds. Where Karn's rule forbids that, because
// segments were sent again, the timestamp echo measures in its coarser ticks (RFC 7323 4.1).

module toe_tx_rtt (
  input  toe_pkg::tx_event_t    event_i,
  input  toe_tx_pkg::tx_rtt_t   rtt_i,
  input  toe_tx_pkg::tx_facts_t facts_i,
  input  toe_tx_pkg::tx_moves_t moves_i,
  input  logic                  handshake_i,
  input  logic                  window_opened_i,  // the persist timer ends
  output toe_tx_pkg::tx_rtt_t   rtt_o
);

  logic [25:0] sample;
  logic signed [29:0] delta, magnitude;
  logic [29:0] srtt_next;
  assign sample = facts_i.rtt_covered ? facts_i.sample : facts_i.ts_sample;
  assign delta = $signed({4'd0, sample}) - $signed({4'd0, rtt_i.srtt[28:3]});
  assign magnitude = delta[29] ? -delta : delta;
  assign srtt_next = {1'b0, rtt_i.srtt} + delta;

  always_comb begin
    rtt_o = rtt_i;
    if (event_i.kind == toe_tx_pkg::KindCtl) begin
      rtt_o.known = 1'b0;
      rtt_o.running = 1'b0;
      rtt_o.backoff = 4'd0;
      rtt_o.syn_lost = 1'b0;
    end
    if (moves_i.sampled) begin
      rtt_o.running = 1'b0;
      rtt_o.backoff = 4'd0;
      // A tick of no length says that the path is quick, not how quick.
      if (facts_i.rtt_covered || sample != 26'd0) begin
        rtt_o.known = 1'b1;
        if (rtt_i.known) begin
          rtt_o.srtt = srtt_next[28:0];
          rtt_o.rttvar = rtt_i.rttvar - {2'd0, rtt_i.rttvar[27:2]} + 28'(magnitude);
        end else begin
          rtt_o.srtt = {sample, 3'd0};
          rtt_o.rttvar = {1'b0, sample, 1'b0};
        end
      end
    end else if (moves_i.new_ack && handshake_i) begin
      rtt_o.backoff = 4'd0;  // RTO begins anew, from 3 s (RFC 6298 5.7)
    end
    if (window_opened_i) rtt_o.backoff = 4'd0;
    if (moves_i.timeout || moves_i.persist) begin
      if (rtt_i.backoff != 4'd15) rtt_o.backoff = rtt_i.backoff + 4'd1;
      rtt_o.running = 1'b0;
    end
    if (moves_i.timeout && handshake_i) rtt_o.syn_lost = 1'b1;
    if (moves_i.enter || moves_i.pto) rtt_o.running = 1'b0;
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, moves_i, srtt_next, magnitude};

endmodule
