// tfjs-node's own binding, and what src/models/function needs beside it, compiled as one unit with the package's
// sources, whose TFE_Context is private:
//   addFunction(name, graphDef: Uint8Array, inputs: string[], outputs: string[])   each "node:index"
//   removeFunction(name)
//   weigh(bytes)   tells V8's collector of memory that tensors hold (negative: hold no more)
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>
#define private public
#include "binding/tfjs_backend.h"
#undef private
#include "binding/tfjs_backend.cc"
#undef NAPI_MODULE
#define NAPI_MODULE(name, init)
#include "binding/tfjs_binding.cc"

namespace tfnodejs {

static bool Arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *args) {
  size_t given = wanted;
  if (napi_get_cb_info(env, info, &given, args, nullptr, nullptr) != napi_ok || given < wanted) {
    NAPI_THROW_ERROR(env, "%d arguments are needed", static_cast<int>(wanted));
    return false;
  }
  return true;
}

static bool Strings(napi_env env, napi_value array, std::vector<std::string> *out) {
  uint32_t length = 0;
  if (napi_get_array_length(env, array, &length) != napi_ok) {
    NAPI_THROW_ERROR(env, "a list of strings is needed");
    return false;
  }
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    std::string text;
    if (napi_get_element(env, array, i, &element) != napi_ok || GetStringParam(env, element, text) != napi_ok)
      return false;
    out->push_back(text);
  }
  return true;
}

static bool Find(napi_env env, TF_Graph *graph, const std::vector<std::string> &names, std::vector<TF_Output> *out) {
  for (const auto &name : names) {
    const auto colon = name.rfind(':');
    TF_Operation *const operation = TF_GraphOperationByName(graph, name.substr(0, colon).c_str());
    if (operation == nullptr) {
      NAPI_THROW_ERROR(env, "addFunction: the graph has no node '%s'", name.c_str());
      return false;
    }
    out->push_back({operation, colon == std::string::npos ? 0 : std::atoi(name.c_str() + colon + 1)});
  }
  return true;
}

static napi_value AddFunction(napi_env env, napi_callback_info info) {
  napi_value args[4];
  if (!Arguments(env, info, 4, args)) return nullptr;
  TFJSBackend *const backend = GetTFJSBackend(env);
  if (backend == nullptr) return nullptr;
  std::string name;
  ENSURE_NAPI_OK_RETVAL(env, GetStringParam(env, args[0], name), nullptr);
  napi_typedarray_type type;
  size_t length;
  void *data;
  ENSURE_NAPI_OK_RETVAL(
      env, napi_get_typedarray_info(env, args[1], &type, &length, &data, nullptr, nullptr), nullptr);
  std::vector<std::string> input_names, output_names;
  if (!Strings(env, args[2], &input_names) || !Strings(env, args[3], &output_names)) return nullptr;

  TF_AutoStatus status;
  const std::unique_ptr<TF_Graph, decltype(&TF_DeleteGraph)> graph(TF_NewGraph(), TF_DeleteGraph);
  const std::unique_ptr<TF_Buffer, decltype(&TF_DeleteBuffer)> definition(
      TF_NewBufferFromString(data, length), TF_DeleteBuffer);
  const std::unique_ptr<TF_ImportGraphDefOptions, decltype(&TF_DeleteImportGraphDefOptions)> options(
      TF_NewImportGraphDefOptions(), TF_DeleteImportGraphDefOptions);
  TF_GraphImportGraphDef(graph.get(), definition.get(), options.get(), status.status);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  std::vector<TF_Output> inputs, outputs;
  if (!Find(env, graph.get(), input_names, &inputs) || !Find(env, graph.get(), output_names, &outputs))
    return nullptr;
  const std::unique_ptr<TF_Function, decltype(&TF_DeleteFunction)> function(
      TF_GraphToFunction(graph.get(), name.c_str(), 0, -1, nullptr, static_cast<int>(inputs.size()), inputs.data(),
                         static_cast<int>(outputs.size()), outputs.data(), nullptr, nullptr, nullptr,
                         status.status),
      TF_DeleteFunction);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  TFE_ContextAddFunction(backend->tfe_context_, function.get(), status.status);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  return nullptr;
}

static napi_value RemoveFunction(napi_env env, napi_callback_info info) {
  napi_value args[1];
  if (!Arguments(env, info, 1, args)) return nullptr;
  TFJSBackend *const backend = GetTFJSBackend(env);
  if (backend == nullptr) return nullptr;
  std::string name;
  ENSURE_NAPI_OK_RETVAL(env, GetStringParam(env, args[0], name), nullptr);
  TF_AutoStatus status;
  TFE_ContextRemoveFunction(backend->tfe_context_, name.c_str(), status.status);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  return nullptr;
}

static napi_value Weigh(napi_env env, napi_callback_info info) {
  napi_value args[1];
  if (!Arguments(env, info, 1, args)) return nullptr;
  int64_t bytes, now;
  ENSURE_NAPI_OK_RETVAL(env, napi_get_value_int64(env, args[0], &bytes), nullptr);
  ENSURE_NAPI_OK_RETVAL(env, napi_adjust_external_memory(env, bytes, &now), nullptr);
  return nullptr;
}

static napi_value InitWithFunctions(napi_env env, napi_value exports) {
  exports = InitTFNodeJSBinding(env, exports);
  const napi_property_descriptor more[] = {
      {"addFunction", nullptr, AddFunction, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"removeFunction", nullptr, RemoveFunction, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"weigh", nullptr, Weigh, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  ENSURE_NAPI_OK_RETVAL(env, napi_define_properties(env, exports, ARRAY_SIZE(more), more), exports);
  return exports;
}

}  // namespace tfnodejs

NAPI_MODULE_INIT() { return tfnodejs::InitWithFunctions(env, exports); }
