import sys
from paddle_serving_server import OpMaker
from paddle_serving_server import OpSeqMaker
from paddle_serving_server import Server

op_maker = OpMaker()
read_op = op_maker.create('GeneralTextReaderOp')
first_infer_op = op_maker.create('GeneralInferOp')
copy_op = op_maker.create('GeneralCopyOp')
second_infer_op = op_maker.create('GeneralInferOp')
response_op = op_maker.create('GeneralTextResponseOp')

op_seq_maker = OpSeqMaker()
op_seq_maker.add_op(read_op)
op_seq_maker.add_op(first_infer_op)
op_seq_maker.add_op(copy_op)
op_seq_maker.add_op(second_infer_op)
op_seq_maker.add_op(response_op)

server = Server()
server.set_op_sequence(op_seq_maker.get_op_sequence())
server.load_model_config([sys.argv[1], sys.argv[2]])
server.prepare_server(workdir="work_dir1", port=int(sys.argv[3]), device="cpu")
server.run_server()
