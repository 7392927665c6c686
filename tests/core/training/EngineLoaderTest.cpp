// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/EngineLoader.h"

#include "tests/support/TestData.h"

#include <gtest/gtest.h>

#include <fstream>

namespace heirloom {
namespace {

namespace fs = std::filesystem;

/// A folder with an engine's file name and one with LibTorch's, both without real libraries.
class EngineLoader : public testing::Test {
protected:
    void SetUp() override {
        unsetenv("TORCH_DIR");
        fs::create_directories(m_folder / "lib");
        fs::create_directories(m_folder / "torch/lib");
    }
    void TearDown() override { unsetenv("TORCH_DIR"); }

    void addEngine(const std::string& version) {
        write("lib/libheirloom_engine-" + version + ".so", "no library");
    }
    void addTorch(const std::string& version) {
        write("torch/version.py", "__version__ = '" + version + "'\n");
        write("torch/lib/libc10.so", "no library");
        write("torch/lib/libtorch_cpu.so", "no library");
    }
    Error load(bool withSetting = true) {
        EngineSearch search;
        search.engineFolder = m_folder / "lib";
        if (withSetting)
            search.torchFolder = m_folder / "torch";
        const auto engine = loadEngine(search);
        EXPECT_FALSE(engine);
        return engine ? Error{} : engine.error();
    }

    test::TemporaryFolder m_folder;

private:
    void write(const std::string& file, const std::string& text) {
        std::ofstream(m_folder / file) << text;
    }
};

TEST_F(EngineLoader, SaysHowToGetAnEngineWhereNoneWasBuilt) {
    const Error error = load();
    EXPECT_EQ(error.where, (m_folder / "lib").string());
    EXPECT_NE(error.text.find("libheirloom_engine-<version>.so"), std::string::npos) << error.text;
    EXPECT_NE(error.advice.find("build again"), std::string::npos) << error.advice;
    EXPECT_NE(error.advice.find("Everything but training works without it"), std::string::npos)
        << error.advice;
}

TEST_F(EngineLoader, SaysWhereItLookedForLibTorch) {
    addEngine("2.13");
    const Error error = load();
    EXPECT_NE(error.text.find("training needs LibTorch 2.13, and none was found"),
              std::string::npos)
        << error.text;
    EXPECT_NE(error.text.find((m_folder / "torch").string() + " (the setting)"), std::string::npos)
        << error.text;
    EXPECT_NE(error.advice.find("torch==2.13.*"), std::string::npos) << error.advice;
}

TEST_F(EngineLoader, TakesTorchDirForAChoice) {
    addEngine("2.13");
    setenv("TORCH_DIR", "/nowhere/torch", 1);
    const Error error = load(false);
    EXPECT_NE(error.text.find("looked in: /nowhere/torch (TORCH_DIR)"), std::string::npos)
        << error.text;
}

TEST_F(EngineLoader, RefusesAnotherMinorVersionInASentence) {
    addEngine("2.12");
    addEngine("2.13");
    addTorch("2.14.1+cu130");
    const Error error = load();
    EXPECT_NE(error.text.find(
                  "this is LibTorch 2.14, but the training engine was built against 2.12 or 2.13"),
              std::string::npos)
        << error.text;
    EXPECT_NE(error.advice.find("2.12"), std::string::npos) << error.advice;
}

TEST_F(EngineLoader, PassesOnWhatTheSystemSaysOfABrokenLibrary) {
    addEngine("2.13");
    addTorch("2.13.0");
    const Error error = load();
    EXPECT_EQ(error.where, (m_folder / "torch/lib/libc10.so").string());
    EXPECT_NE(error.text.find("the library did not load: "), std::string::npos) << error.text;
    EXPECT_FALSE(error.advice.empty());
}

} // namespace
} // namespace heirloom
