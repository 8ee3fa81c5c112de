timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        include: ["/Documents/"],
        assert: { "Documents/a.txt" => excluded },
    }
}

fn main() {
    let _ = HOME.name();
}
