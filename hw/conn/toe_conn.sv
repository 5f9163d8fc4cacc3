// SPDX-License-Identifier: Apache-2.0
// Connections: which segment belongs to which, and their beginning and end.
//   toe_conn_lookup   packets and the manager's requests -> connection
//   toe_conn_manager  owner of identifiers, tuples, listeners and TIME-WAIT
//   toe_siphash       initial sequence numbers (RFC 6528), port offsets (RFC 6056), SYN cookies
//                     (RFC 4987), that key; keyed with cfg_i.secret (bits 63:0 are k0)
//   toe_conn_key      the lookup's key, from cfg_i.hash_key when the card is enabled
// Counters are pulses. cfg_i is constant while anything is alive.
module toe_conn #(
  parameter int unsigned Connections = 1024,
  parameter int unsigned RecycleClocks = 16384  // longest wait for an identifier from TIME-WAIT
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  toe_pkg::config_t      cfg_i,
  input  logic [31:0]           now_us_i,
  input  toe_pkg::time_t        now_i,        // the same, and ticks; a clock later
  input  logic [31:0]           iss_clock_i,  // counts once every 4 us

  // Lookup, in order.
  input  toe_pkg::segment_t     seg_i,
  input  logic                  seg_valid_i,
  output logic                  seg_ready_o,
  output toe_pkg::rx_segment_t  rx_seg_o,
  output logic                  rx_seg_valid_o,
  input  logic                  rx_seg_ready_i,

  // Requests.
  input  toe_pkg::command_t     command_i,
  input  logic                  command_valid_i,
  output logic                  command_ready_o,
  input  toe_pkg::segment_t     syn_i,
  input  logic                  syn_valid_i,
  output logic                  syn_ready_o,    // always 1
  input  toe_pkg::end_t         rx_end_i,
  input  logic                  rx_end_valid_i,
  output logic                  rx_end_ready_o, // always 1
  input  toe_pkg::end_t         tx_end_i,
  input  logic                  tx_end_valid_i,
  output logic                  tx_end_ready_o, // always 1
  input  logic [15:0]           freed_conn_i,
  input  logic                  freed_valid_i,
  output logic                  freed_ready_o,  // always 1

  // What follows from them.
  output toe_pkg::rx_ctl_t      rx_ctl_o,
  output logic                  rx_ctl_valid_o,
  input  logic                  rx_ctl_ready_i,
  output toe_pkg::tx_ctl_t      tx_ctl_o,
  output logic                  tx_ctl_valid_o,
  input  logic                  tx_ctl_ready_i,
  output toe_pkg::open_report_t open_report_o,
  output logic                  open_report_valid_o,
  input  logic                  open_report_ready_i,
  output toe_pkg::response_t    response_o,
  output logic                  response_valid_o,
  input  logic                  response_ready_i,
  output toe_pkg::tx_segment_t  rst_o,
  output logic                  rst_valid_o,
  input  logic                  rst_ready_i,

  // Read ports: the result comes with the next clock.
  input  logic [15:0]           owner_addr_i,
  output toe_pkg::owner_t       owner_o,
  input  logic [15:0]           tuple_addr_i,
  input  logic                  tuple_rd_en_i,
  output toe_pkg::tuple_t       tuple_o,

  output logic                  stray_acks_o,      // ACKs without a connection are wanted on syn_i
  output logic [31:0]           free_count_o,
  output logic                  ready_o,           // tables cleared
  output logic                  idle_o,
  output logic                  deadline_valid_o,  // head of the TIME-WAIT queue
  output logic [31:0]           deadline_us_o,

  output logic                  cnt_conn_opened_active_o,
  output logic                  cnt_conn_opened_passive_o,
  output logic                  cnt_conn_closed_o,
  output logic                  cnt_syn_no_listener_o,
  output logic                  cnt_syn_backlog_full_o,
  output logic                  cnt_time_wait_recycled_o,
  output logic                  cnt_time_wait_reused_o,
  output logic                  cnt_syn_cookies_sent_o,
  output logic                  cnt_syn_cookies_taken_o
);

  logic            op_start, op_done, op_hit, op_full, given, lookup_ready, manager_ready;
  logic [1:0]      op;
  toe_pkg::tuple_t op_tuple;
  logic [15:0]     op_conn, op_found;
  logic [3:0]      inflight;
  logic [255:0]    key;
  logic            key_valid;

  toe_conn_lookup #(.Connections(Connections)) u_lookup (
    .clk_i,
    .rst_ni,
    .key_i     (key),
    .key_valid_i(key_valid),
    .seg_i,
    .seg_valid_i,
    .seg_ready_o,
    .rx_seg_o,
    .rx_seg_valid_o,
    .rx_seg_ready_i,
    .op_start_i(op_start),
    .op_i      (op),
    .op_tuple_i(op_tuple),
    .op_conn_i (op_conn),
    .op_done_o (op_done),
    .op_hit_o  (op_hit),
    .op_found_o(op_found),
    .op_full_o (op_full),
    .inflight_o(inflight),
    .given_o   (given),
    .ready_o   (lookup_ready)
  );

  // The key of the lookup is made before the manager begins anything.
  logic         hash_start, hash_valid, hash_busy, key_start, key_want, held, idle;
  logic [1:0]   hash_last;
  logic [255:0] hash_words, key_words;
  logic [63:0]  hash;
  toe_conn_key u_key (
    .clk_i,
    .rst_ni,
    .enable_i    (cfg_i.enable),
    .hash_key_i  (cfg_i.hash_key),
    .want_o      (key_want),
    .granted_i   (held),
    .hash_start_o(key_start),
    .hash_words_o(key_words),
    .hash_valid_i(hash_valid),
    .hash_i      (hash),
    .key_o       (key),
    .valid_o     (key_valid)
  );
  toe_siphash u_hash (
    .clk_i,
    .rst_ni,
    .start_i(key_want ? key_start : hash_start),
    .key_i  (cfg_i.secret),
    .last_i (key_want ? 2'd2 : hash_last),
    .words_i(key_want ? key_words : hash_words),
    .busy_o (hash_busy),
    .valid_o(hash_valid),
    .hash_o (hash)
  );

  toe_conn_manager #(.Connections(Connections), .RecycleClocks(RecycleClocks)) u_manager (
    .clk_i,
    .rst_ni,
    .cfg_i,
    .now_us_i,
    .now_i,
    .iss_clock_i,
    .command_i,
    .command_valid_i,
    .command_ready_o,
    .syn_i,
    .syn_valid_i,
    .syn_ready_o,
    .rx_end_i,
    .rx_end_valid_i,
    .rx_end_ready_o,
    .tx_end_i,
    .tx_end_valid_i,
    .tx_end_ready_o,
    .freed_conn_i,
    .freed_valid_i,
    .freed_ready_o,
    .op_start_o  (op_start),
    .op_o        (op),
    .op_tuple_o  (op_tuple),
    .op_conn_o   (op_conn),
    .op_done_i   (op_done),
    .op_hit_i    (op_hit),
    .op_found_i  (op_found),
    .op_full_i   (op_full),
    .inflight_i  (inflight),
    .given_i     (given),
    .hash_start_o(hash_start),
    .hash_last_o (hash_last),
    .hash_words_o(hash_words),
    .hash_valid_i(hash_valid),
    .hash_i      (hash[47:0]),
    .hold_i      (!key_valid),
    .held_o      (held),
    .rx_ctl_o,
    .rx_ctl_valid_o,
    .rx_ctl_ready_i,
    .tx_ctl_o,
    .tx_ctl_valid_o,
    .tx_ctl_ready_i,
    .open_report_o,
    .open_report_valid_o,
    .open_report_ready_i,
    .response_o,
    .response_valid_o,
    .response_ready_i,
    .rst_o,
    .rst_valid_o,
    .rst_ready_i,
    .owner_addr_i,
    .owner_o,
    .tuple_addr_i,
    .tuple_rd_en_i,
    .tuple_o,
    .stray_acks_o,
    .free_count_o,
    .ready_o     (manager_ready),
    .idle_o      (idle),
    .deadline_valid_o,
    .deadline_us_o,
    .cnt_conn_opened_active_o,
    .cnt_conn_opened_passive_o,
    .cnt_conn_closed_o,
    .cnt_syn_no_listener_o,
    .cnt_syn_backlog_full_o,
    .cnt_time_wait_recycled_o,
    .cnt_time_wait_reused_o,
    .cnt_syn_cookies_sent_o,
    .cnt_syn_cookies_taken_o
  );

  assign ready_o = lookup_ready && manager_ready;
  assign idle_o = idle && !key_want;

  logic unused;
  assign unused = ^{hash_busy, cfg_i};

`ifndef SYNTHESIS
`ifndef YOSYS
  if (Connections < 64 || Connections > 65536 || (Connections & (Connections - 1)) != 0) begin
    : gen_bad_connections
    $error("Connections must be a power of two from 64 to 65536");
  end
  if ($bits(toe_pkg::segment_t) != toe_pkg::SegmentW ||
      $bits(toe_pkg::rx_segment_t) != toe_pkg::RxSegmentW ||
      $bits(toe_pkg::end_t) != toe_conn_pkg::EndW ||
      $bits(toe_pkg::owner_t) != toe_conn_pkg::OwnerW ||
      $bits(toe_pkg::tuple_t) != toe_pkg::TupleW ||
      $bits(toe_conn_pkg::ask_t) != toe_conn_pkg::AskW ||
      $bits(toe_conn_pkg::meta_t) != toe_conn_pkg::MetaW ||
      $bits(toe_conn_pkg::listener_t) != toe_conn_pkg::ListenerW) begin : gen_bad_width
    $error("a width in toe_conn_pkg is not that of its type");
  end
`endif
`endif

endmodule
