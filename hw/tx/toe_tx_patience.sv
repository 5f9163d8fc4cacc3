// SPDX-License-Identifier: Apache-2.0
// How long a connection bears silence, in ticks: with data in flight or held back by a closed
// window (user timeout, RFC 9293 3.8.3; 0 is for ever) and without (keep-alive, RFC 9293 3.8.4).
// Combinational.

module toe_tx_patience (
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_pkg::config_t       cfg_i,
  output logic [27:0]            patience_o,
  output logic [27:0]            idle_o
);

  logic [27:0] wait_ticks;
  assign patience_o = rec_i.user_timeout != 28'd0 ? rec_i.user_timeout
                                                  : toe_tx_pkg::bounded(cfg_i.user_timeout);
  assign wait_ticks = toe_tx_pkg::bounded(rec_i.retries == 8'd0 ? cfg_i.keepalive_idle
                                                                : cfg_i.keepalive_interval);
  assign idle_o = wait_ticks == 28'd0 ? 28'd1 : wait_ticks;

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, cfg_i};

endmodule
