// SPDX-License-Identifier: Apache-2.0
// Everything between the engines and the host: registers and doorbells, submission and completion
// rings, reports, and both AXI masters. Wires only; the blocks' own headings say what they do.

module toe_host_if #(
  parameter int unsigned Connections = 1024,
  parameter int unsigned QueuePairs = 8
) (
  input  logic         clk_i,
  input  logic         rst_ni,
  // AXI4-Lite
  input  logic [19:0]  s_axil_awaddr_i,
  input  logic         s_axil_awvalid_i,
  output logic         s_axil_awready_o,
  input  logic [31:0]  s_axil_wdata_i,
  input  logic [3:0]   s_axil_wstrb_i,
  input  logic         s_axil_wvalid_i,
  output logic         s_axil_wready_o,
  output logic [1:0]   s_axil_bresp_o,
  output logic         s_axil_bvalid_o,
  input  logic         s_axil_bready_i,
  input  logic [19:0]  s_axil_araddr_i,
  input  logic         s_axil_arvalid_i,
  output logic         s_axil_arready_o,
  output logic [31:0]  s_axil_rdata_o,
  output logic [1:0]   s_axil_rresp_o,
  output logic         s_axil_rvalid_o,
  input  logic         s_axil_rready_i,
  // AXI4
  output logic         m_axi_awid_o,
  output logic [63:0]  m_axi_awaddr_o,
  output logic [7:0]   m_axi_awlen_o,
  output logic [2:0]   m_axi_awsize_o,
  output logic [1:0]   m_axi_awburst_o,
  output logic         m_axi_awvalid_o,
  input  logic         m_axi_awready_i,
  output logic [511:0] m_axi_wdata_o,
  output logic [63:0]  m_axi_wstrb_o,
  output logic         m_axi_wlast_o,
  output logic         m_axi_wvalid_o,
  input  logic         m_axi_wready_i,
  input  logic         m_axi_bid_i,
  input  logic [1:0]   m_axi_bresp_i,
  input  logic         m_axi_bvalid_i,
  output logic         m_axi_bready_o,
  output logic         m_axi_arid_o,
  output logic [63:0]  m_axi_araddr_o,
  output logic [7:0]   m_axi_arlen_o,
  output logic [2:0]   m_axi_arsize_o,
  output logic [1:0]   m_axi_arburst_o,
  output logic         m_axi_arvalid_o,
  input  logic         m_axi_arready_i,
  input  logic         m_axi_rid_i,
  input  logic [511:0] m_axi_rdata_i,
  input  logic [1:0]   m_axi_rresp_i,
  input  logic         m_axi_rlast_i,
  input  logic         m_axi_rvalid_i,
  output logic         m_axi_rready_o,
  output logic         irq_o,
  output logic         idle_o,
  // card
  output toe_pkg::config_t cfg_o,
  input  logic [31:0]  now_us_i,
  input  logic         ready_i,
  input  logic         core_idle_i,
  input  logic [31:0]  free_connections_i,
  input  logic [toe_contract_pkg::Counters-1:0] cnt_i,
  // receive engine and frame buffer
  input  toe_pkg::rx_job_t rx_job_i,
  input  logic         rx_job_valid_i,
  output logic         rx_job_ready_o,
  input  logic [511:0] fb_data_i,
  input  logic         fb_last_i,
  input  logic         fb_valid_i,
  output logic         fb_ready_o,
  output toe_pkg::rx_host_t rx_host_o,
  output logic         rx_host_valid_o,
  input  logic         rx_host_ready_i,
  // transmit engine and frame builder
  output toe_pkg::tx_host_t tx_host_o,
  output logic         tx_host_valid_o,
  input  logic         tx_host_ready_i,
  input  toe_pkg::tx_report_t tx_report_i,
  input  logic         tx_report_valid_i,
  output logic         tx_report_ready_o,
  input  logic [63:0]  rd_cmd_addr_i,
  input  logic [15:0]  rd_cmd_len_i,
  input  logic         rd_cmd_valid_i,
  output logic         rd_cmd_ready_o,
  output logic [511:0] rd_data_o,
  output logic         rd_valid_o,
  input  logic         rd_ready_i,
  // connection manager
  output toe_pkg::command_t command_o,
  output logic         command_valid_o,
  input  logic         command_ready_i,
  input  toe_pkg::response_t response_i,
  input  logic         response_valid_i,
  output logic         response_ready_o,
  input  toe_pkg::open_report_t open_report_i,
  input  logic         open_report_valid_i,
  output logic         open_report_ready_o,
  output logic [15:0]  freed_conn_o,
  output logic         freed_valid_o,
  input  logic         freed_ready_i,
  output logic [15:0]  owner_addr_o,
  input  toe_pkg::owner_t owner_i
);

  // ---- registers
  logic        region_we, qp_we, qp_enable, bell_valid, csr_idle, read_error, write_error;
  logic [7:0]  region_index;
  logic [51:0] region_page, qp_sq_page, qp_cq_page;
  logic [31:0] region_pages;
  logic [15:0] region_owners, bell_tail, bell_head;
  logic [57:0] qp_status_line;
  logic [3:0]  qp_index, qp_sq_log2, qp_cq_log2, bell_qp;
  logic        exec_done, exec_refused, bell_refused, cq_done, stall;
  logic [toe_contract_pkg::Counters-1:0] cnt;

  always_comb begin
    cnt = cnt_i;
    cnt[toe_contract_pkg::CounterSqEntries] = exec_done;
    cnt[toe_contract_pkg::CounterSqRefused] = exec_refused;
    cnt[toe_contract_pkg::CounterCqEntries] = cq_done;
    cnt[toe_contract_pkg::CounterCqStalls] = stall;
  end

  // Who refuses besides toe_sq_exec: the doorbell, the connection manager with its answer, and the
  // engines, each for its offset, with a report.
  logic [2:0] refused;
  logic       response_bad, rx_offset_bad, tx_offset_bad;
  assign response_bad = response_valid_i && response_ready_o &&
                        response_i.status != toe_contract_pkg::StatusOk;
  assign rx_offset_bad = rx_job_valid_i && rx_job_ready_o && rx_job_i.report &&
                         rx_job_i.bad_offset;
  assign tx_offset_bad = tx_report_valid_i && tx_report_ready_o && tx_report_i.bad_offset;
  assign refused = {2'd0, bell_refused} + {2'd0, response_bad} + {2'd0, rx_offset_bad} +
                   {2'd0, tx_offset_bad};

  toe_csr #(.Connections(Connections), .QueuePairs(QueuePairs)) u_csr (
    .clk_i, .rst_ni,
    .s_axil_awaddr_i, .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_wdata_i, .s_axil_wstrb_i,
    .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_bresp_o, .s_axil_bvalid_o, .s_axil_bready_i,
    .s_axil_araddr_i, .s_axil_arvalid_i, .s_axil_arready_o, .s_axil_rdata_o, .s_axil_rresp_o,
    .s_axil_rvalid_o, .s_axil_rready_i,
    .cfg_o, .now_us_i, .ready_i, .core_idle_i, .free_connections_i,
    .dma_error_i(read_error || write_error), .cnt_i(cnt), .cnt_refused_i(refused),
    .region_we_o(region_we), .region_index_o(region_index), .region_page_o(region_page),
    .region_pages_o(region_pages), .region_owners_o(region_owners),
    .qp_we_o(qp_we), .qp_index_o(qp_index), .qp_enable_o(qp_enable), .qp_sq_page_o(qp_sq_page),
    .qp_cq_page_o(qp_cq_page), .qp_status_line_o(qp_status_line), .qp_sq_log2_o(qp_sq_log2),
    .qp_cq_log2_o(qp_cq_log2),
    .doorbell_valid_o(bell_valid), .doorbell_qp_o(bell_qp), .doorbell_tail_o(bell_tail),
    .doorbell_head_o(bell_head), .idle_o(csr_idle));

  // ---- submissions
  logic [QueuePairs-1:0]    fetch_room, report_room;
  logic [6*QueuePairs-1:0]  fetched;
  logic [16*QueuePairs-1:0] sq_head;
  logic [57:0]  sq_line, status_line;
  logic [2:0]   sq_lines;
  logic         sq_cmd_valid, sq_cmd_ready, sq_data_valid, entry_valid, entry_ready, entry_phase;
  logic [511:0] sq_data;
  logic [255:0] entry;
  logic [3:0]   entry_qp, done_qp;
  logic [1:0]   entry_epoch, done_epoch;
  logic [15:0]  status_value;
  logic         status_valid, status_ready, fetch_idle, exec_idle;

  toe_sq_fetch #(.QueuePairs(QueuePairs)) u_sq_fetch (
    .clk_i, .rst_ni, .enable_i(cfg_o.enable),
    .qp_we_i(qp_we), .qp_index_i(qp_index), .qp_enable_i(qp_enable), .qp_sq_page_i(qp_sq_page),
    .qp_sq_log2_i(qp_sq_log2), .qp_status_line_i(qp_status_line),
    .doorbell_valid_i(bell_valid), .doorbell_qp_i(bell_qp), .doorbell_tail_i(bell_tail),
    .doorbell_refused_o(bell_refused),
    .fetch_room_i(fetch_room), .fetched_o(fetched), .sq_head_o(sq_head),
    .cmd_line_o(sq_line), .cmd_lines_o(sq_lines), .cmd_valid_o(sq_cmd_valid),
    .cmd_ready_i(sq_cmd_ready), .data_i(sq_data), .data_valid_i(sq_data_valid),
    .entry_o(entry), .entry_qp_o(entry_qp), .entry_phase_o(entry_phase),
    .entry_epoch_o(entry_epoch), .entry_valid_o(entry_valid), .entry_ready_i(entry_ready),
    .done_valid_i(exec_done), .done_qp_i(done_qp), .done_epoch_i(done_epoch),
    .status_line_o(status_line), .status_value_o(status_value), .status_valid_o(status_valid),
    .status_ready_i(status_ready), .idle_o(fetch_idle));

  toe_pkg::response_t refusal;
  logic               refusal_valid, refusal_ready;

  toe_sq_exec #(.Connections(Connections), .QueuePairs(QueuePairs)) u_sq_exec (
    .clk_i, .rst_ni, .cfg_i(cfg_o), .qp_we_i(qp_we), .qp_index_i(qp_index),
    .region_we_i(region_we), .region_index_i(region_index), .region_page_i(region_page),
    .region_pages_i(region_pages), .region_owners_i(region_owners),
    .entry_i(entry), .entry_qp_i(entry_qp), .entry_phase_i(entry_phase),
    .entry_epoch_i(entry_epoch), .entry_valid_i(entry_valid), .entry_ready_o(entry_ready),
    .done_valid_o(exec_done), .done_qp_o(done_qp), .done_epoch_o(done_epoch),
    .refused_o(exec_refused),
    .owner_addr_o, .owner_i,
    .rx_host_o, .rx_host_valid_o, .rx_host_ready_i,
    .tx_host_o, .tx_host_valid_o, .tx_host_ready_i,
    .command_o, .command_valid_o, .command_ready_i,
    .response_o(refusal), .response_valid_o(refusal_valid), .response_ready_i(refusal_ready),
    .idle_o(exec_idle));

  // ---- reports and completions
  toe_pkg::rx_report_t rx_report;
  logic         rx_report_valid, rx_report_ready, take, report_valid, report_ready;
  logic [3:0]   take_qp, report_qp, cq_qp, cq_done_qp;
  logic [255:0] report_entry, cq_data;
  logic [58:0]  cq_addr;
  logic         cq_valid, cq_ready, report_idle, cq_idle;

  toe_report #(.Connections(Connections), .QueuePairs(QueuePairs)) u_report (
    .clk_i, .rst_ni,
    .rx_report_i(rx_report), .rx_report_valid_i(rx_report_valid),
    .rx_report_ready_o(rx_report_ready),
    .tx_report_i, .tx_report_valid_i, .tx_report_ready_o,
    .open_report_i, .open_report_valid_i, .open_report_ready_o,
    .room_i(report_room), .take_o(take), .take_qp_o(take_qp),
    .entry_qp_o(report_qp), .entry_o(report_entry), .entry_valid_o(report_valid),
    .entry_ready_i(report_ready),
    .freed_conn_o, .freed_valid_o, .freed_ready_i, .stall_o(stall), .idle_o(report_idle));

  toe_cq_write #(.QueuePairs(QueuePairs)) u_cq_write (
    .clk_i, .rst_ni,
    .qp_we_i(qp_we), .qp_index_i(qp_index), .qp_enable_i(qp_enable), .qp_cq_page_i(qp_cq_page),
    .qp_cq_log2_i(qp_cq_log2),
    .doorbell_valid_i(bell_valid), .doorbell_qp_i(bell_qp), .doorbell_head_i(bell_head),
    .fetched_i(fetched), .sq_head_i(sq_head), .fetch_room_o(fetch_room),
    .report_room_o(report_room), .report_take_i(take), .report_take_qp_i(take_qp),
    .report_qp_i(report_qp), .report_entry_i(report_entry), .report_valid_i(report_valid),
    .report_ready_o(report_ready),
    .refusal_i(refusal), .refusal_valid_i(refusal_valid), .refusal_ready_o(refusal_ready),
    .response_i, .response_valid_i, .response_ready_o,
    .cq_addr_o(cq_addr), .cq_data_o(cq_data), .cq_qp_o(cq_qp), .cq_valid_o(cq_valid),
    .cq_ready_i(cq_ready), .cq_done_valid_i(cq_done), .cq_done_qp_i(cq_done_qp),
    .irq_o, .idle_o(cq_idle));

  // ---- masters
  logic write_idle, read_idle;

  toe_dma_write u_dma_write (
    .clk_i, .rst_ni,
    .rx_job_i, .rx_job_valid_i, .rx_job_ready_o,
    .fb_data_i, .fb_last_i, .fb_valid_i, .fb_ready_o,
    .rx_report_o(rx_report), .rx_report_valid_o(rx_report_valid),
    .rx_report_ready_i(rx_report_ready),
    .cq_addr_i(cq_addr), .cq_data_i(cq_data), .cq_qp_i(cq_qp), .cq_valid_i(cq_valid),
    .cq_ready_o(cq_ready), .cq_done_valid_o(cq_done), .cq_done_qp_o(cq_done_qp),
    .status_line_i(status_line), .status_value_i(status_value), .status_valid_i(status_valid),
    .status_ready_o(status_ready),
    .m_axi_awid_o, .m_axi_awaddr_o, .m_axi_awlen_o, .m_axi_awsize_o, .m_axi_awburst_o,
    .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o,
    .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_bid_i, .m_axi_bresp_i, .m_axi_bvalid_i,
    .m_axi_bready_o, .error_o(write_error), .idle_o(write_idle));

  toe_dma_read u_dma_read (
    .clk_i, .rst_ni,
    .sq_cmd_line_i(sq_line), .sq_cmd_lines_i(sq_lines), .sq_cmd_valid_i(sq_cmd_valid),
    .sq_cmd_ready_o(sq_cmd_ready), .sq_data_o(sq_data), .sq_valid_o(sq_data_valid),
    .rd_cmd_addr_i, .rd_cmd_len_i, .rd_cmd_valid_i, .rd_cmd_ready_o,
    .rd_data_o, .rd_valid_o, .rd_ready_i,
    .m_axi_arid_o, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arsize_o, .m_axi_arburst_o,
    .m_axi_arvalid_o, .m_axi_arready_i, .m_axi_rid_i, .m_axi_rdata_i, .m_axi_rresp_i,
    .m_axi_rlast_i, .m_axi_rvalid_i, .m_axi_rready_o, .error_o(read_error), .idle_o(read_idle));

  assign idle_o = csr_idle && fetch_idle && exec_idle && report_idle && cq_idle && write_idle &&
                  read_idle && !fb_valid_i && !rd_cmd_valid_i;

endmodule
