timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_beside: { "Cargo.toml" => "target/debug" },
    }
}

fn main() {
    let _ = HOME.name();
}
