import sys
from paddle_serving_server import OpMaker
from paddle_serving_server import OpGraphMaker
from paddle_serving_server import Server

op_maker = OpMaker()
read_op = op_maker.create("GeneralReaderOp")
cnn_infer_op = op_maker.create("GeneralInferOp", engine_name="cnn", inputs=[read_op])
bow_infer_op = op_maker.create("GeneralInferOp", engine_name="bow", inputs=[read_op])
response_op = op_maker.create("GeneralResponseOp", inputs=[cnn_infer_op, bow_infer_op])

op_graph_maker = OpGraphMaker()
op_graph_maker.add_op(read_op)
op_graph_maker.add_op(cnn_infer_op)
op_graph_maker.add_op(bow_infer_op)
op_graph_maker.add_op(response_op)

server = Server()
server.set_op_graph(op_graph_maker.get_op_graph())
model_config = {cnn_infer_op: sys.argv[1], bow_infer_op: sys.argv[1]}
server.load_model_config(model_config)
server.prepare_server(workdir="work_dir1", port=int(sys.argv[2]), device="cpu")
server.run_server()
