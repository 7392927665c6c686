// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Example.h"

namespace heirloom {

Result<Example> builtInExample() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::filesystem::path installed =
        program.parent_path().parent_path() / "share/heirloom/samples";
    const std::filesystem::path source = HEIRLOOM_SAMPLES_DIR;
    for (const auto& folder : {installed, source}) {
        if (!std::filesystem::exists(folder / "digits-vit.safetensors", error))
            continue;
        Example example;
        example.teacher = folder / "digits-vit.safetensors";
        example.studentName =
            "vit:dim=32,depth=3,heads=4,patch=2,image=8,channels=1,num_classes=10";
        example.data.path = folder / "digits.h5";
        example.options.epochs =
            8; // the twin gets there too in the end; what is inherited shows early
        example.options.batchSize = 64;
        example.options.learningRate = 2e-3;
        example.options.threads = 1; // two runs side by side; more threads do not pay at this size
        return example;
    }
    auto missing = fail(installed.string(),
                        "the samples of the built-in example are not there, nor in {}",
                        source.string());
    missing.error().advice = "Install Heirloom again, or run it from its source tree";
    return missing;
}

} // namespace heirloom
