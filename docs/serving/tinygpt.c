/* Write text with an exported model from C, without Python. docs/serving.md shows how to build and run it.

   tinygpt FOLDER MAX_NEW TEMPERATURE TOP_K TOP_P SEED PROMPT...

   It prints each prompt with its continuation and a newline. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

enum { INPUTS = 6, FIRST_PROMPT = 7 };

static TF_Status* status;

/* Exit if TensorFlow reported an error. */
static void check(void) {
  if (TF_GetCode(status) != TF_OK) {
    fprintf(stderr, "error: %s\n", TF_Message(status));
    exit(1);
  }
}

/* Return the tensor NAME:0; `saved_model_cli show` lists the names. */
static TF_Output named(TF_Graph* graph, const char* name) {
  TF_Output output = {TF_GraphOperationByName(graph, name), 0};
  if (output.oper == NULL) {
    fprintf(stderr, "error: the model has no tensor %s:0\n", name);
    exit(1);
  }
  return output;
}

/* Allocate a tensor with one value per row. */
static TF_Tensor* allocate(TF_DataType type, int64_t rows) {
  return TF_AllocateTensor(type, &rows, 1, rows * TF_DataTypeSize(type));
}

/* Return the prompts as a string tensor. */
static TF_Tensor* strings(char** texts, int64_t rows) {
  int64_t shape[] = {rows};
  TF_Tensor* tensor = TF_AllocateTensor(TF_STRING, shape, 1, rows * sizeof(TF_TString));
  TF_TString* values = TF_TensorData(tensor);
  for (int64_t row = 0; row < rows; row++) {
    TF_StringInit(&values[row]);
    TF_StringCopy(&values[row], texts[row], strlen(texts[row]));
  }
  return tensor;
}

/* Exit if an argument is not a number. */
static void check_number(const char* value, const char* end) {
  if (end == value || *end != '\0' || errno == ERANGE) {
    fprintf(stderr, "error: %s is no number that fits\n", value);
    exit(2);
  }
}

/* Return the same whole number for every row. */
static TF_Tensor* integers(const char* value, int64_t rows) {
  TF_Tensor* tensor = allocate(TF_INT32, rows);
  char* end;
  errno = 0;
  const long number = strtol(value, &end, 10);
  if (number != (int32_t)number) errno = ERANGE;
  check_number(value, end);
  for (int64_t row = 0; row < rows; row++) ((int32_t*)TF_TensorData(tensor))[row] = (int32_t)number;
  return tensor;
}

/* Return the same real number for every row. */
static TF_Tensor* reals(const char* value, int64_t rows) {
  TF_Tensor* tensor = allocate(TF_FLOAT, rows);
  char* end;
  const float number = strtof(value, &end);
  errno = 0; /* accept overflow to infinity and underflow to zero */
  check_number(value, end);
  for (int64_t row = 0; row < rows; row++) ((float*)TF_TensorData(tensor))[row] = number;
  return tensor;
}

int main(int argc, char** argv) {
  if (argc <= FIRST_PROMPT) {
    fprintf(stderr, "usage: %s FOLDER MAX_NEW TEMPERATURE TOP_K TOP_P SEED PROMPT...\n", argv[0]);
    return 2;
  }
  status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  const char* tags[] = {"serve"};
  TF_Session* session = TF_LoadSessionFromSavedModel(options, NULL, argv[1], tags, 1, graph, NULL, status);
  check();

  const int64_t rows = argc - FIRST_PROMPT;
  TF_Output inputs[INPUTS] = {
      named(graph, "generate_prompt"), named(graph, "generate_max_new"), named(graph, "generate_temperature"),
      named(graph, "generate_top_k"),  named(graph, "generate_top_p"),   named(graph, "generate_seed"),
  };
  TF_Tensor* values[INPUTS] = {
      strings(argv + FIRST_PROMPT, rows), integers(argv[2], rows), reals(argv[3], rows),
      integers(argv[4], rows),            reals(argv[5], rows),    integers(argv[6], rows),
  };
  TF_Output output = named(graph, "StatefulPartitionedCall"); /* the first signature in alphabetical order */
  TF_Tensor* texts = NULL;
  TF_SessionRun(session, NULL, inputs, values, INPUTS, &output, &texts, 1, NULL, 0, NULL, status);
  check();

  const TF_TString* written = TF_TensorData(texts);
  for (int64_t row = 0; row < rows; row++) {
    fwrite(TF_StringGetDataPointer(&written[row]), 1, TF_StringGetSize(&written[row]), stdout);
    putchar('\n');
  }

  TF_DeleteTensor(texts);
  for (int64_t row = 0; row < rows; row++) TF_StringDealloc((TF_TString*)TF_TensorData(values[0]) + row);
  for (int input = 0; input < INPUTS; input++) TF_DeleteTensor(values[input]);
  TF_CloseSession(session, status);
  check();
  TF_DeleteSession(session, status);
  check();
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    perror("error: standard output");
    return 1;
  }
  return 0;
}
