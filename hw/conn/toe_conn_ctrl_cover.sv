// SPDX-License-Identifier: Apache-2.0
// Cover points of the connection manager: what its tests must have met. Bound to toe_conn_ctrl in
// builds with coverage; scripts/coverage lists those that nothing visits.

module toe_conn_ctrl_cover (
  input logic                    clk_i,
  input logic                    rst_ni,
  input toe_conn_pkg::ctrl_t     q_i,
  input toe_pkg::command_t       command_i,
  input logic                    list_mine_i,
  input logic                    list_owned_i,
  input logic                    answer_cookie_i,
  input logic                    op_done_i,
  input logic                    op_hit_i,
  input logic                    op_full_i,
  input logic                    port_hit_i,
  input logic                    ports_tried_i,
  input logic                    listeners_full_i,
  input logic                    wait_full_i,
  input logic                    rst_ready_i
);

  // ---- Jobs ----------------------------------------------------------------------------------
  job_end: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StRead && q_i.job == toe_conn_pkg::JobEnd);
  job_wait: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StRead && q_i.job == toe_conn_pkg::JobWait);
  job_recycle: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StRead && q_i.job == toe_conn_pkg::JobRecycle);
  job_syn: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StSynFind && q_i.job == toe_conn_pkg::JobSyn);
  job_connect: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StRead && q_i.job == toe_conn_pkg::JobConnect);
  job_listen: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListen && q_i.job == toe_conn_pkg::JobListen);
  job_accept: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StRead && q_i.job == toe_conn_pkg::JobAccept);
  job_unlisten: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListRead && q_i.job == toe_conn_pkg::JobUnlisten);
  job_abort: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StRead && q_i.job == toe_conn_pkg::JobAbort);
  job_ack: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StSynFind && q_i.job == toe_conn_pkg::JobAck);
  job_reuse: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StRead && q_i.job == toe_conn_pkg::JobReuse);

  // ---- SYN and ACK without a connection ------------------------------------------------------
  syn_without_listener: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StSynFound && q_i.job == toe_conn_pkg::JobSyn && op_done_i &&
      ~op_hit_i && ~port_hit_i);
  syn_without_backlog: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobSyn &&
      q_i.listener.count == 17'd0 && ~answer_cookie_i);
  syn_opens: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StIss && q_i.job == toe_conn_pkg::JobSyn);
  syn_lost_its_place: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StInserted && q_i.job == toe_conn_pkg::JobSyn && op_done_i &&
      op_full_i);
  syn_answered_with_cookie: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StSynAck && rst_ready_i);
  ack_with_good_cookie: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobAck && ~q_i.reset);
  ack_with_bad_cookie: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobAck && q_i.reset);
  ack_with_used_cookie: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobAck && q_i.used);
  ack_with_good_cookie_no_backlog: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobAck && ~q_i.reset &&
      q_i.listener.count == 17'd0);
  syn_reuses_time_wait: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StClose && q_i.job == toe_conn_pkg::JobReuse);
  syn_reuse_not_worth_it: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobReuse &&
      q_i.listener.count == 17'd0);

  // ---- Commands ------------------------------------------------------------------------------
  connect_port_taken: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StPortCheck && port_hit_i && ~ports_tried_i);
  connect_address_in_use: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StInserted && q_i.job == toe_conn_pkg::JobConnect && op_done_i &&
      op_hit_i && ~q_i.choose);
  connect_chosen_port_in_use: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StInserted && q_i.job == toe_conn_pkg::JobConnect && op_done_i &&
      op_hit_i && q_i.choose);
  connect_without_identifier: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobConnect && q_i.no_free);
  accept_without_identifier: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobAccept && q_i.no_free);
  accept_bad_listener: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobAccept && ~list_owned_i);
  listen_port_in_use: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListen && port_hit_i);
  listen_no_listener_left: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListen && ~port_hit_i && listeners_full_i);
  unlisten_bad_listener: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobUnlisten &&
      ~list_owned_i);
  unlisten_ends_several: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StWalk && q_i.left > 17'd1);
  abort_in_listen_of_the_first: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StUnlinkCheck && q_i.cur == q_i.conn && q_i.first);
  abort_in_listen_of_another: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StUnlinkCheck && q_i.cur == q_i.conn && ~q_i.first);
  abort_of_a_stranger: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobAbort && ~q_i.meta.alive);
  abort_of_an_earlier_one: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobAbort && q_i.meta.alive &&
      q_i.meta.generation != command_i.id[31:24]);
  abort_sends_reset: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StTx && q_i.job == toe_conn_pkg::JobAbort && q_i.reset);

  // ---- Ends ----------------------------------------------------------------------------------
  handshake_failed_listens_again: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StDrain);
  handshake_failed_listener_gone: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StListExec && q_i.job == toe_conn_pkg::JobEnd && ~list_mine_i);
  end_of_what_has_ended: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobEnd && ~q_i.meta.alive);
  time_wait_begins: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobEnd && q_i.end_kind[1] &&
      ~q_i.meta.time_wait);
  time_wait_again: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobEnd && q_i.end_kind[1] &&
      q_i.meta.time_wait);
  time_wait_finds_no_place: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobEnd && q_i.end_kind[1] &&
      wait_full_i);
  time_wait_over: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StClose && q_i.job == toe_conn_pkg::JobWait);
  time_wait_cut_short: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StClose && q_i.job == toe_conn_pkg::JobRecycle);
  time_wait_name_is_old: cover property (@(posedge clk_i) rst_ni &&
      q_i.state == toe_conn_pkg::StExec && q_i.job == toe_conn_pkg::JobWait &&
      q_i.meta.wait_round != q_i.wait_name[13:8]);

  logic unused_ok;
  assign unused_ok = &{1'b0, q_i, command_i};

endmodule

bind toe_conn_ctrl toe_conn_ctrl_cover u_cover (
  .clk_i, .rst_ni, .q_i(q), .command_i(command), .list_mine_i(list_mine),
  .list_owned_i(list_owned), .answer_cookie_i(answer_cookie), .op_done_i, .op_hit_i, .op_full_i,
  .port_hit_i, .ports_tried_i(ports_tried), .listeners_full_i, .wait_full_i, .rst_ready_i
);
